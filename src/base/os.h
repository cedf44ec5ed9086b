/* The outside world as four small tables: clock, random, disk, socket. Real ones: os_linux.c. Lying ones: tests/sim/.
   All functions return >= 0 or a negative td_err; errno detail is kept in td_os_errno() of the calling thread. */
#ifndef TD_BASE_OS_H
#define TD_BASE_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct td_discipline {
    bool synced;       /* a time daemon vouches for the clock */
    int64_t offset_ns; /* correction still to be made */
    int64_t error_ns;  /* estimated bound */
    int32_t freq_ppb;
};

struct td_clock {
    int64_t (*wall_ns)(void *ctx); /* UTC */
    int64_t (*mono_ns)(void *ctx);
    /* What the kernel knows of its own clock (adjtimex). NULL: unknown, unsynced. */
    int (*discipline)(void *ctx, struct td_discipline *out);
    void *ctx;
};

struct td_random {
    void (*fill)(void *ctx, void *out, size_t bytes);
    void *ctx;
};

/* Files by path. Handles are small integers. */
struct td_disk {
    int (*open)(void *ctx, const char *path, int flags, int mode); /* O_* of <fcntl.h> */
    int (*close)(void *ctx, int file);
    int64_t (*write_at)(void *ctx, int file, const void *data, size_t bytes,
                        int64_t offset); /* all bytes or an error */
    int64_t (*read_at)(void *ctx, int file, void *data, size_t bytes,
                       int64_t offset);    /* short only at the end */
    int (*sync_data)(void *ctx, int file); /* fdatasync */
    int (*sync_all)(void *ctx, int file);  /* syncfs of the file system that holds it */
    int (*drop_cache)(
        void *ctx,
        int file); /* so that the next read comes from the device (posix_fadvise DONTNEED) */
    int (*preallocate)(void *ctx, int file, int64_t bytes);
    int (*truncate)(void *ctx, int file, int64_t bytes);
    int64_t (*size)(void *ctx, int file);
    int64_t (*modified_ns)(void *ctx, int file); /* UTC; NULL: this world's files have no age */
    int (*rename)(void *ctx, const char *from, const char *to);
    int (*unlink)(void *ctx, const char *path);    /* a file, or a folder that is empty */
    int (*make_dirs)(void *ctx, const char *path); /* mkdir -p */
    int (*remove_tree)(void *ctx, const char *path);
    /* Calls visit for each entry (name, is_dir) until it returns nonzero. */
    int (*list)(void *ctx, const char *path, int (*visit)(void *arg, const char *name, bool is_dir),
                void *arg);
    int64_t (*free_bytes)(void *ctx, const char *path);
    void *ctx;
};

struct td_socket_event {
    void *tag;
    bool readable, writable, broken;
};

/* Non-blocking stream sockets. */
struct td_socket {
    int (*connect)(void *ctx, const char *ip,
                   uint16_t port);       /* started; TCP_NODELAY set; IPv4 or IPv6 text */
    int (*connected)(void *ctx, int fd); /* 1 yes, 0 not yet, negative: refused */
    int64_t (*send)(void *ctx, int fd, const void *data, size_t bytes); /* TD_E_AGAIN when full */
    int64_t (*recv)(void *ctx, int fd, void *data, size_t bytes); /* TD_E_AGAIN, 0 = orderly end */
    void (*close)(void *ctx, int fd);
    /* Readiness by edges: tag comes back with the events of fd until close() or unwatch(). wait: number of events, 0 after
       timeout_ms (0: at once). One thread waits. */
    int (*watch)(void *ctx, int fd, void *tag);
    void (*unwatch)(void *ctx, int fd);
    int (*wait)(void *ctx, struct td_socket_event *events, unsigned cap, int timeout_ms);
    void *ctx;
};

/* Host names to addresses, for worlds that have no resolver children (NULL in td_os: net/resolve's). Every host is asked, addresses
   and localhost too. ask: TD_E_AGAIN = not now, asked again at a later turn. poll: at most 8 addresses (RESOLVE_ADDRESSES_MAX). */
struct td_names {
    int (*ask)(void *ctx, uint32_t id, const char *host);
    /* 1 and the answer, 0 none yet; *err: td_err of the answer. */
    int (*poll)(void *ctx, uint32_t *id, int32_t *err, uint32_t *count, char (*address)[46]);
    void *ctx;
};

struct td_os {
    struct td_clock clock;
    struct td_random random;
    struct td_disk disk;
    struct td_socket socket;
    const struct td_names *names;
};

/* The real world (os_linux.c). Static table. */
const struct td_os *td_os_linux(void);
int td_os_errno(void);

#endif
