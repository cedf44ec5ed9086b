/* One direction of a link: bytes that were read and are not written yet, and when they may be. No sockets in here. */
#ifndef TD_PROXY_FLOW_H
#define TD_PROXY_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FLOW_BYTES = 64 << 10, FLOW_PARCELS = 256 };

/* What holds for all links; 0: not so. */
struct shape {
    int64_t split_bytes, merge_ns, drip_per_s, delay_ns;
};

/* What was read at once keeps its time. */
struct parcel {
    int64_t due_ns;
    uint32_t bytes;
};

struct flow {
    uint8_t data[FLOW_BYTES];
    uint32_t held; /* bytes, from data[0] on */
    struct parcel parcel[FLOW_PARCELS];
    uint32_t parcels;
    int64_t next_write_ns;
};

/* Room for the next read; 0: read nothing now. */
size_t flow_room(const struct flow *flow);
/* `bytes` were read to data + held. */
void flow_took(struct flow *flow, const struct shape *shape, size_t bytes, int64_t now_ns);
/* How many bytes from data[0] on the next write may take; 0: none now. */
size_t flow_ready(const struct flow *flow, const struct shape *shape, uint64_t *dice,
                  int64_t now_ns);
/* They were written (or swallowed). */
void flow_wrote(struct flow *flow, const struct shape *shape, size_t bytes, int64_t now_ns);
/* When flow_ready() will have something; INT64_MAX: not by time alone. */
int64_t flow_due_ns(const struct flow *flow);
void flow_drop(struct flow *flow);

#endif
