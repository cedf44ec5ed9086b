/* Process 1 of the guest: modules, the data partition mounted as on the appliance, then a deck that records for some seconds while every
   block that reaches the disk is logged outside. Each promise is written past the page cache to a sector behind the file system, so that
   it stands in that log where it was given. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "crash/deck_rig.h"
#include "vm/traffic.h"

enum { DISK_WAIT_MS = 10000 };

static _Noreturn void leave(const char *why)
{
    printf("guest: %s\n", why);
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

static bool load_module(const char *name)
{
    char path[300];
    snprintf(path, sizeof path, "/modules/%s", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool loaded = fd >= 0 && syscall(SYS_finit_module, fd, "", 0) == 0;
    if (fd >= 0)
        close(fd);
    return loaded;
}

/* They need one another in an order that they do not say: each round loads those whose ground is there. */
static void load_modules(void)
{
    struct dirent **entry;
    int count = scandir("/modules", &entry, NULL, NULL);
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < count; i++)
            more |= entry[i]->d_name[0] != '.' && load_module(entry[i]->d_name);
    }
}

static void set_kernel(const char *path, const char *value)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, value, strlen(value)) < 0)
        perror(path);
    if (fd >= 0)
        close(fd);
}

static void mount_all(void)
{
    const struct timespec pause = {0, 20 * 1000000};
    mkdir("/dev", 0755);
    mkdir("/proc", 0755);
    mkdir("/data", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    mount("proc", "/proc", "proc", 0, NULL);
    load_modules();
    for (int ms = 0; access("/dev/vda", F_OK) != 0 && ms < DISK_WAIT_MS; ms += 20)
        nanosleep(&pause, NULL);
    set_kernel("/proc/sys/vm/dirty_bytes", "8388608");
    if (mount("/dev/vda", "/data", "ext4", MS_NOATIME | MS_LAZYTIME,
              "data=ordered,commit=60,errors=remount-ro") != 0 ||
        chdir("/data") != 0) {
        perror("/data");
        leave("no data partition");
    }
}

static void promise(int fd, uint64_t frame)
{
    static _Alignas(4096) unsigned char sector[VM_SECTOR];
    struct vm_promise said = {VM_PROMISE_MAGIC, frame};
    memcpy(sector, &said, sizeof said);
    if (pwrite(fd, sector, sizeof sector, VM_FS_BYTES) != (ssize_t)sizeof sector)
        leave("the promise cannot be written");
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Records until the time is over; returns the frames fed. */
static uint64_t record(struct deck *deck, int fd, double until)
{
    uint64_t said = 0, index = 0;
    for (; seconds() < until; index++) {
        struct td_frame frame = traffic_frame(index);
        rig_now_ns = frame.recv_ns > rig_now_ns ? frame.recv_ns : rig_now_ns;
        deck_feed(deck, &frame);
        if (!feed_pauses_after((int)(index % FEED_FRAMES)))
            continue;
        rig_now_ns += 1200 * TD_NS_PER_MS;
        while (deck_turn(deck))
            continue;
        uint64_t safe = atomic_load(&deck->synced_frame);
        if (safe > said)
            promise(fd, safe);
        said = safe;
    }
    return index;
}

int main(int argc, char **argv)
{
    static struct deck deck;
    static struct td_os os;
    double length = argc > 1 ? atof(argv[1]) : 15;
    mount_all();
    td_log_setup(1, TD_LOG_WARN, NULL);
    int fd = open("/dev/vda", O_RDWR | O_DIRECT | O_DSYNC | O_CLOEXEC);
    if (fd < 0)
        leave("no disk to promise on");
    struct deck_params params = rig_params(&td_os_linux()->disk, &os, NULL);
    rig_now_ns = feed_time(0) - TD_NS_PER_S;
    if (deck_open(&deck, &params) != 0)
        leave("the deck does not open");
    deck_start(&deck, rig_now_ns, TD_ORIGIN_SIM);
    uint64_t frames = record(&deck, fd, seconds() + length);
    printf("guest: %llu frames, %llu safe\n", (unsigned long long)frames,
           (unsigned long long)atomic_load(&deck.synced_frame));
    leave("done");
}
