/* Calls that not every machine has (-1, and the filter leaves them out), and those that not every set of kernel headers knows. Only
   rights.c includes this. */
#ifndef TD_BASE_RIGHTS_NUMBERS_H
#define TD_BASE_RIGHTS_NUMBERS_H

#include <sys/syscall.h>

#ifndef __NR_open
#define __NR_open (-1)
#endif
#ifndef __NR_stat
#define __NR_stat (-1)
#endif
#ifndef __NR_lstat
#define __NR_lstat (-1)
#endif
#ifndef __NR_access
#define __NR_access (-1)
#endif
#ifndef __NR_readlink
#define __NR_readlink (-1)
#endif
#ifndef __NR_poll
#define __NR_poll (-1)
#endif
#ifndef __NR_time
#define __NR_time (-1)
#endif
#ifndef __NR_getrlimit
#define __NR_getrlimit (-1)
#endif
#ifndef __NR_dup2
#define __NR_dup2 (-1)
#endif
#ifndef __NR_fork
#define __NR_fork (-1)
#endif
#ifndef __NR_vfork
#define __NR_vfork (-1)
#endif
#ifndef __NR_rename
#define __NR_rename (-1)
#endif
#ifndef __NR_unlink
#define __NR_unlink (-1)
#endif
#ifndef __NR_rmdir
#define __NR_rmdir (-1)
#endif
#ifndef __NR_mkdir
#define __NR_mkdir (-1)
#endif
#ifndef __NR_epoll_wait
#define __NR_epoll_wait (-1)
#endif
#ifndef __NR_select
#define __NR_select (-1)
#endif
#ifndef __NR_renameat
#define __NR_renameat (-1)
#endif
#ifndef __NR_arch_prctl
#define __NR_arch_prctl (-1)
#endif

/* Newer than the oldest headers it may be built with; the libc that runs may make them all the same. */
#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#ifndef __NR_close_range
#define __NR_close_range 436
#endif
#ifndef __NR_faccessat2
#define __NR_faccessat2 439
#endif
#if defined(__x86_64__) && !defined(__NR_statx)
#define __NR_statx 332
#elif defined(__aarch64__) && !defined(__NR_statx)
#define __NR_statx 291
#endif
#if defined(__x86_64__) && !defined(__NR_rseq)
#define __NR_rseq 334
#elif defined(__aarch64__) && !defined(__NR_rseq)
#define __NR_rseq 293
#endif

#endif
