#include "init/mounts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/console.h"
#include "init/places.h"
#include "init/textfile.h"

static const struct {
    const char *kind, *at, *options;
    unsigned long flags;
    mode_t mode;
} mounts[] = {
    {"devtmpfs", "/dev", "mode=0755", MS_NOSUID, 0755},
    {"proc", "/proc", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555},
    {"sysfs", "/sys", NULL, MS_NOSUID | MS_NODEV | MS_NOEXEC, 0555},
    {"tmpfs", "/run", "mode=0755,size=32m", MS_NOSUID | MS_NODEV, 0755},
    {"tmpfs", "/tmp", "mode=1777,size=32m", MS_NOSUID | MS_NODEV | MS_NOEXEC, 01777},
    /* The recorder's alone: nobody else can put a state page there that looks like its own. */
    {"tmpfs", INIT_SHM, "mode=0755,uid=100,gid=101", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0755},
};
enum { MOUNTS = sizeof mounts / sizeof mounts[0] };
static int failed[MOUNTS];

static const struct {
    const char *name, *value;
} settings[] = {
    {"kernel/panic", "5"},
    {"kernel/panic_on_oops", "1"},
    {"kernel/softlockup_panic", "1"},
    /* Children's lines come to the console by init; of the kernel only what is wrong. */
    {"kernel/printk", "4 4 1 7"},
    {"kernel/printk_devkmsg", "on\n"},
    {"kernel/kptr_restrict", "2"},
    {"kernel/dmesg_restrict", "1"},
    {"kernel/unprivileged_bpf_disabled", "1"},
    {"fs/suid_dumpable", "0"},
    /* What is written but not synced stays small, so that one sync never waits for minutes of other files. */
    {"vm/dirty_bytes", "8388608"},
    {"vm/dirty_background_bytes", "4194304"},
};

void mounts_begin(void)
{
    umask(022);
    for (int i = 0; i < MOUNTS; i++) {
        mkdir(mounts[i].at, mounts[i].mode);
        if (mount(mounts[i].kind, mounts[i].at, mounts[i].kind, mounts[i].flags,
                  mounts[i].options) != 0)
            failed[i] = errno;
    }
}

static bool set(const char *name, const char *value)
{
    char path[96];
    snprintf(path, sizeof path, "/proc/sys/%s", name);
    return textfile_set(path, value) == 0;
}

void mounts_tell(void)
{
    for (int i = 0; i < MOUNTS; i++)
        if (failed[i] != 0 && failed[i] != EBUSY)
            say("cannot mount %s: %s", mounts[i].at, strerror(failed[i]));
    for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
        if (!set(settings[i].name, settings[i].value))
            say("kernel setting %s is not taken", settings[i].name);
}

static void let_go(const char *path)
{
    if (umount2(path, 0) == 0 || errno == EINVAL || errno == ENOENT)
        return;
    say("%s is still in use: %s", path, strerror(errno));
    if (mount(NULL, path, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
        say("%s stays writable: %s", path, strerror(errno));
}

void mounts_end(void)
{
    sync();
    let_go(INIT_CARD);
    let_go(INIT_DATA);
    sync();
}
