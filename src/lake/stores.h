/* Buckets that paths name: s3://bucket/key and gs://bucket/key. Each is opened when a path first names it and kept to the end, so that every
   verb takes such a path where it takes a file. Reads only. One thread, one set a process. */
#ifndef TD_LAKE_STORES_H
#define TD_LAKE_STORES_H

#include "store/op.h"

struct store;

enum { STORES_TOGETHER = 16 };

/* The program gives what opens a bucket ("s3://bucket") for STORES_TOGETHER calls at once, before tape_main(); called at the first path that
   names one. What fails was complained of. */
void stores_by(td_err (*open)(const char *name, struct store *out));
/* A bucket by name ("s3://bucket") that is open already; for tests. Taken over: stores_close() closes it. False: too many. */
bool stores_add(const char *name, const struct store *store);
void stores_close(void);

/* An object as it was answered for. */
struct stores_object {
    int64_t bytes;             /* -1: the store did not say */
    char etag[STORE_ETAG_MAX]; /* "": the same */
};

/* They ask with patience (store/wait.h). TD_E_MISSING: no such object; TD_E_NET_*: not reached, refused, or an answer that cannot be
   right; TD_E_CONFIG: no way to ask (said on stderr); else what the sink or visitor returned. stores_why() says it in words. */
td_err stores_head(const char *path, struct stores_object *object);
/* at, bytes as in store_op; sink.begin is called before each try. */
td_err stores_get(const char *path, int64_t at, int64_t bytes, struct store_sink sink,
                  struct stores_object *object);
/* Several of these at once, of one bucket (that of the first; others are not asked: TD_E_AGAIN), each tried once. */
struct stores_fetch {
    const char *path;
    int64_t at, bytes;
    struct store_sink sink;
    struct stores_object object;
    td_err err;
};
void stores_get_together(struct stores_fetch *fetch, unsigned count);
/* All names that begin with the path's key and a slash (an empty key: all), page by page. Keys are whole ones; a page that was asked for twice
   is visited twice. `delimiter` as in store_op. */
td_err stores_list(const char *path, const char *delimiter, struct store_visit visit);

/* The last failure; static text. */
const char *stores_why(void);
/* What may be done about it; NULL: nothing is known. */
const char *stores_advice(void);
/* Sets the words for what was found out about an answer elsewhere; returns err. */
td_err stores_fail(td_err err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* So far, for statistics: requests (a retried one counts once) and bytes of bodies. */
struct stores_count {
    int64_t requests, bytes;
};
struct stores_count stores_count(void);

#endif
