/* The kernel's file systems and settings. */
#ifndef TD_INIT_MOUNTS_H
#define TD_INIT_MOUNTS_H

/* /dev, /proc, /sys, /run, /tmp and /dev/shm. Before anything can be said: what failed is kept for mounts_tell(). */
void mounts_begin(void);
/* Says what failed; then /proc/sys: panic, dirty pages, the kernel's log. */
void mounts_tell(void);
/* Everything written, then the file systems of the card let go; read-only where one is still in use. */
void mounts_end(void);

#endif
