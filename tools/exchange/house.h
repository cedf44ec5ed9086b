/* One venue: its markets, who listens to them, and what is told to whom. Knows no sockets: a listener brings two calls that do the
   sending. What a venue's texts look like is its feed's business. */
#ifndef EXCHANGE_HOUSE_H
#define EXCHANGE_HOUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "exchange/fault.h"
#include "exchange/market.h"
#include "venue/json.h"

enum {
    HOUSE_MARKETS_MAX = 64,
    HOUSE_LISTENERS_MAX = 32,
    HOUSE_TEXT_BYTES = 12 << 20,  /* longest text: a jumbo snapshot, a deep oracle */
    HOUSE_HELD_BYTES = 256 << 10, /* longest message that can change places with the next */
    HOUSE_JUMBO_BYTES = 5 << 20,
};

enum say {
    SAY_BOOK,
    SAY_TRADE,
    SAY_TICKER,
    SAY_HEARTBEAT,
    SAY_SNAPSHOT,
    SAY_DERIVED, /* mark, index, funding, open interest */
    SAY_LIQUIDATION,
    SAY_ANSWER,
    SAY_KINDS
};
const char *say_name(enum say say);

struct house;
struct feed;

/* One client of one venue. */
struct listener {
    struct house *house;              /* NULL: not listening */
    uint8_t wants[HOUSE_MARKETS_MAX]; /* bits 1 << enum say */
    uint8_t depth[HOUSE_MARKETS_MAX]; /* index of the depth that a fixed-depth feed shows */
    uint32_t channel[HOUSE_MARKETS_MAX][SAY_KINDS]; /* ids that the feed gave out, 0: none */
    uint32_t channels_given;
    uint64_t seq;       /* number of its next numbered text */
    uint64_t held_seq;  /* of the message that changes places with the next */
    char path[128];     /* what it dialled below the venue's prefix, with the query */
    uint32_t marks;     /* the feed's own */
    unsigned following; /* subscriptions: market x say */
    unsigned said;      /* texts of it within the second that began at said_us */
    int64_t said_us, heard_us;
    int64_t asked_us; /* a question of ours that it owes an answer to, 0: none */
    int64_t next_ask_us;
    int64_t leave_us; /* closed then, as it was told; 0: it stays */
    /* False: it is going away, nothing was sent. */
    bool (*say)(struct listener *listener, const char *text, size_t bytes, enum fault_kind how);
    void (*act)(struct listener *listener, const struct fault *fault);
};

/* Told to listeners, each copy counted. */
struct house_count {
    uint64_t messages[SAY_KINDS], changes;
};

struct house_told {
    const struct market *market; /* NULL: of no market */
    enum say say;
    unsigned depth;   /* index, for SAY_BOOK */
    unsigned changes; /* levels in the text */
    bool more;        /* the next text goes on with what happened at once */
};

/* What a client did that the venue forbids; tests want to see none of it. */
struct house_violations {
    uint64_t rate;       /* more texts a second than are allowed */
    uint64_t channels;   /* more subscriptions than a connection may hold */
    uint64_t unanswered; /* a ping of the venue's own kind */
    uint64_t idle;       /* said nothing for too long */
};

struct house {
    const struct feed *feed;
    struct market market[HOUSE_MARKETS_MAX];
    struct house_count count[HOUSE_MARKETS_MAX];
    bool awake[HOUSE_MARKETS_MAX]; /* somebody has asked for it: from then on it lives */
    unsigned markets, turn;
    struct listener *listener[HOUSE_LISTENERS_MAX];
    unsigned listeners;
    struct history *history;
    struct faults faults;
    struct fault later; /* to the book, when the message that met it is out */
    uint64_t dice;
    int64_t now_us;
    bool recorded;                   /* plays a recording: the model stands still */
    bool refuses[HOUSE_MARKETS_MAX]; /* listed, yet not to be had (house_ask) */
    uint64_t refused, joined;        /* wishes, clients so far */
    struct house_violations violations;
    int port;            /* where it listens, for pages that tell an address */
    bool posted;         /* the page was asked for by POST */
    struct td_text post; /* what came with it */
    char *patched;       /* a text with one listener's own numbers in it */
    struct json *json;
    struct td_str text;        /* the message being made */
    struct house_told telling; /* of the message that a listener is just told */
    bool numbered;             /* the message that is just told holds the mark of a number */
    struct {
        bool full;
        struct house_told told;
        size_t bytes;
        char *text;
    } held;
};

/* How texts travel. */
enum house_frames { FRAMES_TEXT, FRAMES_BINARY, FRAMES_GZIP };

/* What a NULL, 0 or false stands for: the venue does no such thing. */
struct feed {
    const char *name;    /* the prefix of its paths */
    const char *ws_path; /* where it is dialled below that, for the help; any path will do */
    const char *quote;   /* of the markets it has by default */
    bool seq_per_change;
    uint64_t first_seq;
    unsigned levels_a_side, levels_max;
    unsigned depths; /* how many fixed depths it is told in, 1 = full book */
    const char *bad_at,
        *bad_level; /* where in a message a level beyond 64 bits is put, and its text */

    void (*spell)(const char *symbol, char raw[TD_SYMBOL_MAX]);
    /* One message of the batch into house->text. Levels in it; 0: nothing to say at this depth. */
    unsigned (*book)(struct house *house, struct market *market, const struct market_batch *batch,
                     unsigned depth);
    void (*after_book)(struct market *market); /* may be NULL */
    /* Each trade; a venue that tells those of one order together leaves the text empty until the last, market->trades. */
    void (*trade)(struct house *house, struct market *market, const struct market_trade *trade);
    bool ticker_per_trade; /* else when the touch moved */
    void (*ticker)(struct house *house, struct market *market, const struct market_trade *trade);
    /* What a new client is told unasked; what the client said (house->json holds it); once a second. */
    void (*greet)(struct listener *listener);
    void (*hear)(struct listener *listener);
    void (*beat)(struct listener *listener);
    /* Body of a GET below the venue's prefix into house->text. HTTP status, 404: no such page. */
    int (*page)(struct house *house, const char *target);
    /* The whole book again to all who follow it (fault jumbo); NULL: a long text of blanks. */
    void (*renew)(struct house *house, struct market *market);

    unsigned shown; /* levels a side that its deepest book holds, 0: all there are */
    enum house_frames frames;
    bool marked;             /* its texts hold marks (house_put_seq, house_put_channel) */
    bool one_level_each;     /* a book message holds one change: `book` is asked for each alone */
    const char *checksum_at; /* the text in front of it, NULL: "checksum": */
    /* A further text behind the book's (a checksum of its own); false: none now. */
    bool (*book_sum)(struct house *house, struct market *market);
    /* A second text of each trade. */
    void (*trade_again)(struct house *house, struct market *market,
                        const struct market_trade *trade);
    void (*liquidation)(struct house *house, struct market *market,
                        const struct market_trade *trade);
    void (*derived)(struct house *house, struct market *market); /* once a second */
    const char *ping_text, *pong_text; /* a plain text and its plain answer */
    unsigned ws_ping_s;                /* a WebSocket ping so often */
    unsigned ask_s,
        answer_s; /* `ask` is said so often; without house_answered in answer_s: closed */
    void (*ask)(struct listener *listener);
    void (*notice)(struct listener *listener); /* that its connection will be closed */
    unsigned idle_s;       /* a client that says nothing for so long is closed */
    unsigned says_max;     /* texts of a client a second */
    unsigned channels_max; /* subscriptions a connection (house_follow) */
};

#define X(name) extern const struct feed feed_##name;
#include "exchange/feed_list.h"
#undef X

/* In feed_list.h's order; NULL past the end. */
const struct feed *feed_at(unsigned index);

/* `params` has symbol, price_steps, scales, seed and time set; the rest is the feed's. Takes memory (memory.h). */
void house_init(struct house *house, const struct feed *feed, struct history *history,
                uint64_t seed);
struct market *house_add(struct house *house, struct market_params params);

/* NULL when unknown; by symbol or by the venue's spelling. */
struct market *house_find(struct house *house, const char *name, size_t bytes);
static inline unsigned house_index(const struct house *house, const struct market *market)
{
    return (unsigned)(market - house->market);
}

/* False: too many listen. */
bool house_join(struct house *house, struct listener *listener);
void house_leave(struct listener *listener);
/* A text from the client. */
void house_hear(struct listener *listener, const char *text, size_t bytes);

/* The market of a client's wish, by symbol or the venue's spelling; NULL: there is none, or it is one that is refused. */
struct market *house_ask(struct listener *listener, struct td_text name);
/* Notes that the client follows it or no longer does, and wakes it. False: it holds as many as it may. */
bool house_follow(struct listener *listener, const struct market *market, enum say say,
                  bool follow);
static inline bool house_follows(const struct listener *listener, const struct market *market,
                                 enum say say)
{
    return listener->wants[house_index(listener->house, market)] & 1u << say;
}
/* The client has answered `ask`. */
void house_answered(struct listener *listener);

/* One order of one awake market and what it makes the venue say. Messages made; 0 also when nobody ever asked. */
unsigned house_step(struct house *house, int64_t now_us);
/* Tells what is gathered. */
void house_tell(struct house *house, struct market *market);
void house_tell_all(struct house *house);
void house_beat(struct house *house, int64_t now_us);

/* house->text emptied, to be filled. */
struct td_str *house_text(struct house *house);
/* Marks in a text that become each listener's own when it is sent: the number of the message on its connection (from listener->seq
   on, which the mark moves on), and the id of its channel. */
void house_put_seq(struct td_str *out);
void house_put_channel(struct td_str *out, enum say say);
/* house->text to all who want it, through the faults. */
void house_broadcast(struct house *house, struct house_told told);
/* house->text to one, no faults. */
void house_say(struct listener *listener, struct house_told told);
/* The usual ones: an answer; a list that a subscription begins with. */
static inline void house_reply(struct listener *listener)
{
    house_say(listener, (struct house_told){.say = SAY_ANSWER});
}
static inline void house_begin(struct listener *listener, const struct market *market)
{
    house_say(listener, (struct house_told){.market = market, .say = SAY_SNAPSHOT});
}
/* Any text to one client, through the faults: recordings. */
void house_play(struct listener *listener, const char *text, size_t bytes);

/* Carries out a fault of a connection or a book now. False: the venue has no such thing. */
bool house_act(struct house *house, const struct fault *fault);

/* Somebody follows a market: there is a point in going on. */
bool house_is_followed(const struct house *house);

#endif
