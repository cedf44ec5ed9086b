#include "sync/low.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* <linux/ioprio.h> is not on every machine that builds this. */
enum { IO_OF_PROCESS = 1, IO_CLASS_IDLE = 3, IO_CLASS_SHIFT = 13 };

void low_priority(int nice)
{
    int kept = errno;
    struct sched_param none = {0};
    setpriority(PRIO_PROCESS, 0, nice);
    /* musl has no sched_setscheduler(); libc has no ioprio_set(). */
    syscall(SYS_sched_setscheduler, 0, SCHED_IDLE, &none);
    syscall(SYS_ioprio_set, IO_OF_PROCESS, 0, IO_CLASS_IDLE << IO_CLASS_SHIFT);
    errno = kept;
}
