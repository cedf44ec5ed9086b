/* HTTP GETs that the core asked for. A few at once, one at a time and source, in the order asked;
   every one ends in exactly one frame HTTP (payload URL, tab, body; status 0 = no answer).
   Redirects are answers, not orders. Retry-After of a 418, 429 or 503 holds that source's next GET
   back; a 418 or 429 without one holds it a minute, twice as long each time until something else is answered. Wire thread only. */
#ifndef TD_NET_FETCH_H
#define TD_NET_FETCH_H

#include "net/http.h"
#include "net/sink.h"
#include "net/stream.h"

enum {
    FETCH_SLOTS = 4,
    FETCH_QUEUE = 160,   /* half of what is free is the most that one source may have waiting */
    FETCH_DOUBLINGS = 3, /* of the wait after a ban that says no time: up to 8 minutes */
    FETCH_BUFFER_BYTES = 256 << 10, /* larger answers borrow the log's jumbo slot */
    FETCH_OUT_BYTES = TD_URL_MAX + URL_AUTHORITY_MAX + 256,
};

struct fetch_ask {
    uint16_t source, url_bytes;
    char url[TD_URL_MAX];
};

enum fetch_state {
    FETCH_FREE = 0,
    FETCH_DIAL,
    FETCH_EXCHANGE,
    FETCH_ANSWER /* frame to be appended */
};

struct fetch {
    struct fetch_ask ask;
    struct url url;
    struct stream stream;
    struct http_parser http;
    enum fetch_state state;
    bool large, wants_large, dialled_again;
    uint16_t status; /* of the answer */
    int64_t deadline_ns;
    size_t out_at, out_bytes, body_bytes, cap; /* cap: of `answer` */
    char *answer;                              /* URL, tab, body: in buffer, or in the jumbo slot */
    const char *in_at, *body;                  /* body: received, not stored yet */
    size_t in_left, body_left;
    char in[16 << 10], out[FETCH_OUT_BYTES];
    char buffer[FETCH_BUFFER_BYTES];
};

struct fetch_pool {
    struct sink *sink;
    const struct td_os *os;
    int64_t hold_until_ns[TD_SOURCES_MAX];
    uint8_t refusals[TD_SOURCES_MAX]; /* one after another, up to FETCH_DOUBLINGS */
    unsigned queue_first, queue_count;
    struct fetch slot[FETCH_SLOTS];
    struct fetch_ask queue[FETCH_QUEUE];
};

void fetch_init(struct fetch_pool *pool, const struct stream_env *env, struct sink *sink,
                uint8_t first_slot);
/* One that waits already is not asked twice. TD_E_AGAIN: too many of this source wait. */
td_err fetch_ask(struct fetch_pool *pool, uint16_t source, const char *url, size_t url_bytes);
/* Instead of it: the frame of a GET that was not answered, at once. TD_E_AGAIN: the log has no room now. */
td_err fetch_refuse(struct fetch_pool *pool, uint16_t source, const char *url, size_t url_bytes);
/* True: there is more to do at once. */
bool fetch_step(struct fetch_pool *pool, int64_t now_ns);
int64_t fetch_due_ns(const struct fetch_pool *pool, int64_t now_ns);
/* False: the answer is of none of its slots. */
bool fetch_resolved(struct fetch_pool *pool, const struct resolve_answer *answer);
void fetch_forgive(struct fetch_pool *pool, int64_t paused_ns);
bool fetch_wants_large(const struct fetch_pool *pool);
/* Drop what is under way, without answers: the recorder stops. */
void fetch_stop(struct fetch_pool *pool);

#endif
