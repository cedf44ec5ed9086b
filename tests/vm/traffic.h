/* The feed of tests/crash again and again, three hours later each time: frame n of the journal is known by its number. */
#ifndef TD_VM_TRAFFIC_H
#define TD_VM_TRAFFIC_H

#include "crash/feed.h"

/* The guest's disk: a file system, and behind it one sector that says which frame was promised. */
enum { VM_FS_BYTES = 192 << 20, VM_SECTOR = 512 };
#define VM_PROMISE_MAGIC UINT64_C(0x31454E4F44524F57)

struct vm_promise {
    uint64_t magic, frame;
};

/* The frame after START and CONFIG with this index, 0 and up. */
static inline struct td_frame traffic_frame(uint64_t index)
{
    struct td_frame frame = *feed_frame((int)(index % FEED_FRAMES));
    int64_t later = (int64_t)(index / FEED_FRAMES) * 3 * TD_NS_PER_HOUR;
    frame.recv_ns += later;
    frame.mono_ns += later;
    return frame;
}

#endif
