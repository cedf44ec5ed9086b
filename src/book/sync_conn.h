/* The numbers of one connection (SYNC_CONN1): every message has one, and each is one more than the one before. Says which message
   repeats another, and when one is missing. Pure; core thread. */
#ifndef TD_BOOK_SYNC_CONN_H
#define TD_BOOK_SYNC_CONN_H

#include <stdbool.h>
#include <stdint.h>

enum sync_conn_verdict {
    SYNC_CONN_NEW,    /* goes on from what came, or came a little late */
    SYNC_CONN_REPEAT, /* came before */
    SYNC_CONN_HOLE    /* a message before it is missing, or the venue counts anew */
};

enum { SYNC_CONN_AHEAD_WORDS = 4, SYNC_CONN_SLACK_MAX = 64 * SYNC_CONN_AHEAD_WORDS - 1 };

struct sync_conn {
    bool begun;
    int64_t first, next; /* all from `first` on below `next` came, `next` did not */
    uint64_t ahead[SYNC_CONN_AHEAD_WORDS]; /* bit i: next + 1 + i came */
    uint32_t repeats;                      /* in a row */
};

struct sync_conn_hole {
    int64_t after, at; /* last number before it, the one that showed it */
    int64_t missed;    /* -1: the venue counts anew, and nobody can say */
};

/* A connection begins: its first number is whatever comes. */
void sync_conn_begin(struct sync_conn *conn);

/* A message may come so many later than its number says (slack, SYNC_CONN_SLACK_MAX at most): a number that is missing is a hole once
   the highest seen is more than that beyond it. After a hole the count goes on from the number that showed it. */
enum sync_conn_verdict sync_conn_judge(struct sync_conn *conn, int64_t number, unsigned slack,
                                       struct sync_conn_hole *hole);

struct td_state;
void sync_conn_state(struct sync_conn *conn, struct td_state *state);

#endif
