/* The wire thread: one epoll loop that keeps every connection alive, turns bytes into frames in the
   frame log, and serves HTTP GETs that the core asks for. Knows no venue: endpoints, texts and
   keepalive come as data.

   Connection states: connecting -> subscribed -> backoff -> connecting (SPEC I8); never gives up.
 */
#ifndef TD_NET_WIRE_H
#define TD_NET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/event.h"
#include "base/limits.h"
#include "base/os.h"
#include "base/ring.h"
#include "journal/framelog.h"

enum {
    WIRE_ANSWERED_MAX = 512, /* bytes of a message that may ask for an answer */
    WIRE_ANSWER_MAX = 512    /* bytes of the answer */
};

/* One connection of one source, for ever. Texts are the caller's and outlive the wire. */
struct wire_endpoint {
    uint16_t source;
    uint8_t line;     /* which of its source's connections it makes; told by CONN_OPEN */
    const char *name; /* for logs: "coinbase" */
    const char *url;  /* wss://host[:port]/path?query */
    /* n-th text to send after the upgrade, 0 bytes = no more. Deterministic; called on the wire
     * thread at each connect. */
    size_t (*subscribe)(void *arg, unsigned n, char *out, size_t cap);
    void *subscribe_arg;
    /* What really goes out for a subscribe text, or a text that the core sends: `secret` asks for that, else for what the log may hold of
       it. Bytes; 0: it cannot be made, and the connection ends. cap: CONN_TEXT_MAX. NULL: the text as it is. */
    size_t (*sign)(void *arg, bool secret, struct td_text text, char *out, size_t cap);
    void *sign_arg;
    uint32_t subscribe_gap_ms; /* pause between two of them (SPEC I9), 0 = none */
    const char *ping_text;     /* venue's own keepalive text, NULL = none */
    uint32_t ping_interval_ms; /* of ping_text, and of WebSocket pings when ping_text is NULL; 0 =
                                  none */
    /* A text to send at once because the message asks for it: bytes, 0: none. Offered each message of at most WIRE_ANSWERED_MAX bytes
       once it is in the log, on the wire thread; cap: WIRE_ANSWER_MAX. NULL: nobody asks. */
    size_t (*answer)(void *arg, bool binary, struct td_text message, char *out, size_t cap);
    void *answer_arg;
    const char *headers; /* further lines of the upgrade, each ended by CR LF; NULL: none */
    /* Each connect begins with a POST (no body) to token_url, an https address (http only to this machine); dial_url makes the address
       that is dialled of the answer's text: bytes, 0 when it is none. It must be wss, or ws where `url` is; `url` itself is not dialled.
       What is behind its question mark is in no frame. NULL: no such handshake. */
    const char *token_url;
    size_t (*dial_url)(struct td_text answer, char *out, size_t cap);
    uint32_t subscribe_delay_ms; /* pause between the upgrade and the first subscribe text */
    uint32_t silence_ms;         /* no data frame for so long: close and reconnect (SPEC I10) */
    /* A connection so old (up to a twentieth less) is replaced by overlap: a second one is opened beside it (CONN_OPEN with
       TD_OPEN_OVERLAP), both deliver, and the core drops the first by WIRE_REQUEST_DROP when it can do without. Until then both stay; a
       second one that fails is tried again, a first one that dies leaves the second in its place. All endpoints share one place for
       this and take turns. 0: never. */
    uint32_t life_s;
};

struct wire_params {
    const struct td_os *os;
    struct framelog *log;
    const char *ca_pem; /* PEM text of the roots (NUL-terminated) */
    size_t ca_bytes;
    const struct wire_endpoint *endpoints;
    unsigned endpoint_count;
    uint32_t connect_timeout_ms;
    uint32_t
        tick_ms; /* TICK frames: 1000; CLOCK frames (net/clockwork.h) come with them; 0: neither */
    uint32_t tls_arena_bytes;
    uint32_t first_conn; /* number of the first connection; 0: 1 */
    bool clock_floor; /* the wall clock was set from a lower bound before the start: method floor */
};

/* What the core asks of the wire; entries of the request ring (core -> wire). */
enum wire_request_kind {
    WIRE_REQUEST_FETCH = 1, /* GET text (a URL): always answered by one HTTP frame of this source;
                               status 0 = no answer */
    WIRE_REQUEST_SEND, /* send text on the source's connection (dropped when it is down: a reconnect
                          subscribes anew) */
    WIRE_REQUEST_RECONNECT, /* close the source's connection and connect again */
    WIRE_REQUEST_OVERLAP, /* connection `conn` is to be replaced as if it had grown old (life_s): as soon as the place for it is free */
    WIRE_REQUEST_DROP /* close connection `conn` for good: another took over; its CONN_CLOSE has status TD_CLOSE_PLANNED. Ignored
                         while no other connection of its endpoint is up */
};
struct wire_request {
    uint8_t kind;
    uint16_t source;
    uint32_t
        conn; /* the connection meant (SEND, RECONNECT, OVERLAP, DROP); 0: the source's oldest that is up */
    uint32_t bytes;
    char text[TD_URL_MAX];
};
enum { WIRE_REQUEST_DEPTH = 256 };

/* Frames that the wire thread is to append for somebody else (it is the frame log's only producer): CONFIG, SEAL, SHED, NOTE, CLOCK.
   Single producer: the main thread. Stamped when appended. Kick afterwards. */
struct wire_note {
    uint8_t kind; /* enum td_frame_kind */
    uint32_t bytes;
    /* CONFIG only: handed to every endpoint's subscribe() from the next connect on, in place of subscribe_arg[endpoint]; NULL: as before. */
    void *const *subscribe_args;
    char text[32 << 10];
};
enum { WIRE_NOTE_DEPTH = 4 };

/* Per endpoint, written by the wire thread, read by anybody (SPEC I12). */
struct wire_health {
    _Atomic uint32_t state; /* enum wire_state */
    _Atomic uint32_t conn;
    _Atomic uint64_t messages, bytes, attempts, connects, disconnects, errors;
    _Atomic int64_t connected_mono_ns, last_message_mono_ns, next_try_mono_ns;
    _Atomic int32_t last_err;
};
enum wire_state { WIRE_CONNECTING = 0, WIRE_SUBSCRIBED, WIRE_BACKOFF };

struct wire;
size_t wire_footprint(const struct wire_params *params);
/* Parses the CA roots, lays the TLS arena, forks the resolver (small children that own getaddrinfo,
   since libc allocates there; none with td_os.names). Call before threads start and before td_seal(). */
td_err wire_init(void *mem, const struct wire_params *params, struct wire **wire);

/* Requests from the core (single producer); ring a doorbell is not needed: the loop polls it each
 * few ms via an eventfd. */
struct td_ring *wire_requests(struct wire *wire);
struct td_ring *wire_notes(struct wire *wire);
void wire_kick(struct wire *wire); /* after publishing a request, or to make wire_run notice stop;
                                      async-signal-safe */

/* Runs until wire_stop(); then closes every connection with a close frame. Begin, then turns with sleep between them. */
void wire_run(struct wire *wire);
void wire_stop(struct wire *wire); /* any thread, async-signal-safe */
/* The same without a thread (the simulator): one turn that never sleeps; nonzero when there is more to do at once. Until
   wire_begin() was called nothing happens; after wire_stop(), turn until wire_stopped(). With td_os.names set the wire has no
   descriptor of its own and wire_kick does nothing: each turn looks at the rings. */
void wire_begin(struct wire *wire);
int wire_turn(struct wire *wire);
bool wire_stopped(const struct wire *wire);
/* When a turn is due at the latest without news (sockets, names, requests, notes, room in the log), on the monotonic clock. While
   the frame log is full: a little later than now. INT64_MAX: never. */
int64_t wire_due_ns(const struct wire *wire);

const struct wire_health *wire_health(const struct wire *wire, unsigned endpoint);
size_t wire_tls_arena_peak(const struct wire *wire);

void wire_close(struct wire *wire);

#endif
