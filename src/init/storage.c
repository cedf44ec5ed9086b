#include "init/storage.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/limits.h"
#include "init/console.h"
#include "init/loop.h"
#include "init/marks.h"
#include "init/places.h"

enum { MOUNT_S = 180, AGAIN_S = 30, LOOK_S = 5, LET_GO_TRIES = 4 };

static struct card card;
static bool found, mounted, ever_mounted, told_why;
static unsigned let_go_tries;
static const char *trouble = "no card of Tapedeck's is found";
static int64_t next_ns, next_look_ns;
/* What a step aside found out: a page that it shares with init. The text is static, so it means the same on both sides. */
static struct told {
    const char *why;
} * told;

static bool look(void)
{
    td_err err = found ? 0 : card_find(&card, "/sys/class/block", "/dev");
    if (err == TD_E_CARD)
        trouble = "the card's partitions are not as they were flashed";
    found = err == 0;
    return found;
}

bool storage_find(int64_t seconds)
{
    if (found || !loop_until(look, seconds))
        return found;
    trouble = "the data partition is not mounted yet";
    say(MARK_CARD, card.disk);
    return true;
}

const struct card *storage_card(void)
{
    return found ? &card : NULL;
}

/* True: read to its end, or not there. */
static bool is_readable(const char *path)
{
    static char bytes[16 << 10];
    ssize_t got = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT;
    do
        got = read(fd, bytes, sizeof bytes);
    while (got > 0);
    close(fd);
    return got == 0;
}

/* The owner's files are read here once, so that they are in memory when process 1 reads them: a worn spot of the card would hold it. */
static int mount_config(void *arg)
{
    static const char *const files[] = {INIT_CARD "/network.ini", INIT_CARD "/tapedeck.ini",
                                        INIT_CARD "/ca.pem", INIT_CARD "/secrets.ini"};
    (void)arg;
    if (card_mount_config(&card) != 0)
        return 1;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (!is_readable(files[i]))
            return 1;
    return 0;
}

void storage_mount_config(void)
{
    if (!found || loop_aside(mount_config, NULL, MOUNT_S) == 0)
        return;
    umount2(INIT_CARD, MNT_DETACH);
    say("the partition TAPEDECK cannot be read: the last good configuration is used");
}

/* Growing may fail, by now or for good: what is mounted then is smaller, and no reason not to record. */
static int mount_data(void *arg)
{
    (void)arg;
    bool grown = false;
    td_err err = ever_mounted ? 0 : card_grow(&card, &grown);
    if (err < 0)
        say("the data partition does not grow: %s", td_err_text(err));
    if (grown)
        say("the data partition takes all of the card");
    if (card_mount_data(&card, &told->why) != 0)
        return 1;
    err = ever_mounted ? 0 : card_grow_files(INIT_DATA, card.length[CARD_DATA]);
    if (err < 0)
        say("the data's file system does not grow: %s", td_err_text(err));
    return 0;
}

static bool shared_page(void)
{
    if (told == NULL) {
        void *page =
            mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        told = page == MAP_FAILED ? NULL : page;
    }
    return told != NULL;
}

bool storage_mount_data(void)
{
    if (trouble == NULL || !found || !shared_page())
        return trouble == NULL;
    *told = (struct told){0};
    int done = loop_aside(mount_data, NULL, MOUNT_S);
    if (done == 0) {
        trouble = NULL;
        mounted = ever_mounted = true;
        told_why = false;
        say(MARK_DATA);
        return true;
    }
    trouble = done == TD_E_AGAIN  ? "the card does not answer"
              : told->why != NULL ? told->why
                                  : "the data partition cannot be mounted";
    if (!told_why)
        say("nothing is recorded: %s", trouble);
    told_why = true;
    return false;
}

const char *storage_trouble(void)
{
    return trouble;
}

/* By its flag, or because nothing opens for writing any more: kernels differ in how a file system ends that met an error. Our own file is asked:
   it stands there from the first boot on and is in memory. */
static bool is_dead(void)
{
    struct statvfs status;
    if (statvfs(INIT_DATA, &status) == 0 && (status.f_flag & ST_RDONLY) != 0)
        return true;
    int fd = open(INIT_REASONS, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    return fd < 0 && (errno == EIO || errno == EROFS);
}

static int let_go(void *arg)
{
    (void)arg;
    return umount2(INIT_DATA, 0) == 0 ? 0 : 1;
}

/* What is still open there holds it, and a mount that failed once serves nobody: the machine begins anew. */
static bool is_let_go(void)
{
    if (!mounted)
        return true;
    mounted = loop_aside(let_go, NULL, MOUNT_S) != 0;
    if (mounted && ++let_go_tries >= LET_GO_TRIES) {
        say("the data partition cannot be let go");
        loop_ask(LOOP_REBOOT);
    }
    return !mounted;
}

static enum storage_event lose(int64_t now_ns)
{
    trouble = "the card refused to be written: its data partition is tried again";
    let_go_tries = 0;
    next_ns = now_ns;
    say("nothing is recorded: %s", trouble);
    return STORAGE_LOST;
}

enum storage_event storage_turn(int64_t now_ns, bool recorder_gone)
{
    if (trouble == NULL && now_ns >= next_look_ns) {
        next_look_ns = now_ns + LOOK_S * TD_NS_PER_S;
        return is_dead() ? lose(now_ns) : STORAGE_AS_BEFORE;
    }
    if (trouble == NULL || now_ns < next_ns || (mounted && !recorder_gone))
        return STORAGE_AS_BEFORE;
    next_ns = now_ns + AGAIN_S * TD_NS_PER_S;
    if (!found && storage_find(0))
        storage_mount_config();
    return is_let_go() && storage_mount_data() ? STORAGE_MOUNTED : STORAGE_AS_BEFORE;
}
