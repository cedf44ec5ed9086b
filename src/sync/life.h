/* The inside of a job, shared by the files that make its steps (job*.c), the engine and their tests. A step either asks a store (ask_to,
   ask_from: the engine submits job->call and comes back with it), wants another turn soon (turn), rests until a time, or ends. Steps are
   named in one table (job.c); each belongs to a state that people see. */
#ifndef TD_SYNC_LIFE_H
#define TD_SYNC_LIFE_H

#include "sync/engine.h"
#include "sync/upload.h"

enum { JOB_RECEIPT_MAX = 16 << 10, JOB_PATH_MAX = 2048, JOB_SLICE = 1 << 20 };

enum job_step {
    STEP_SEAL,    /* receipt and mark are looked at, the file is opened */
    STEP_SUM,     /* a slice of the file is summed */
    STEP_LOOK_TO, /* remote source: are both ends equal by their own words? */
    STEP_LOOK_FROM,
    STEP_SOURCE_HEAD, /* remote source: size and sums there */
    STEP_SOURCE_NOTE, /* remote source: the receipt */
    STEP_FETCH,       /* remote source: one part into the spool file */
    STEP_ASK,         /* HEAD at the destination */
    STEP_PUT,         /* the object in one */
    STEP_PARTS_LIST,  /* an upload of before: what has the store of it */
    STEP_PARTS_OPEN,  /* a new upload */
    STEP_PARTS_PUT,   /* its next part */
    STEP_PARTS_CLOSE, /* complete it */
    STEP_PARTS_DROP,  /* it is not wanted any more */
    STEP_READ,        /* all bytes of the destination's object are read and summed */
    STEP_RECEIPT_ASK, /* the destination's receipt is read and compared */
    STEP_RECEIPT_PUT,
    STEP_MARK,       /* the mark is put beside its place */
    STEP_MARK_PLACE, /* synced: it comes into its place */
    STEP_RETIRE,     /* shall it go here? */
    STEP_DELETE,     /* it goes */
    STEPS
};

enum job_wants {
    JOB_WANTS_TO,
    JOB_WANTS_FROM,
    JOB_WANTS_TURN,
    JOB_WANTS_REST,
    JOB_WANTS_SYNC, /* of what it put here; with the others that want one */
    JOB_WANTS_END
};

/* What all jobs of a pass share. */
struct sync_shop {
    const struct engine_params *params;
    struct sync_tally *tally;
    bool unconditional; /* this store has no only_if_absent */
};

struct job {
    struct sync_shop *shop;
    struct sync_item item;
    enum job_state state;
    enum job_step step;
    enum job_wants wants;
    enum job_end end;
    int64_t due_ns; /* of JOB_WANTS_REST, mono */
    struct store_call call;
    struct store_result why; /* of an end that somebody should look at */
    struct retry retry;
    unsigned sends;       /* of the body, and the copy was not right after it */
    unsigned spoilt;      /* times that it was read as damaged, RETRY_TRIES tries each */
    bool is_sent;         /* the object's bytes went in this job */
    bool is_put;          /* the store said yes to the last of them; not asked for since */
    bool over;            /* our own damaged copy stands there: it is written over */
    bool is_marked;       /* by a run of before */
    bool is_for_room;     /* met again, the oldest first, as there is too little room */
    bool is_deleting;     /* the copy is asked for again, before the file goes here */
    bool is_summed;       /* the file was read in this job and is what its receipt says */
    bool is_closed;       /* multipart: the store said yes to the last step */
    bool is_unknown;      /* the identity is worked out from the bytes, nobody claims one */
    bool is_read;         /* read back and found equal, as the store has no sum of its own */
    bool is_listed_twice; /* the store did not take the parts that it has */
    bool is_claimed;      /* the last HEAD told our identity as its writer's claim */
    bool has_waited;      /* for a receipt that may just be coming */
    enum job_step after_drop;
    unsigned look; /* receipt, segment */
    int file;      /* the source's, or its spool file; -1 */
    char path[JOB_PATH_MAX];
    struct store_identity identity; /* of the item's bytes */
    struct digest digest;
    int64_t at;                      /* how far summing or fetching has come */
    char receipt_key[PLACE_KEY_MAX]; /* at the destination */
    char source_receipt_key[PLACE_KEY_MAX];
    char receipt[JOB_RECEIPT_MAX];
    size_t receipt_bytes;
    struct store_identity receipt_identity;
    unsigned fetches; /* that brought wrong bytes */
    int64_t got;      /* of the part that is fetched */
    struct upload upload;
    bool is_listed[UPLOAD_PARTS_MAX]; /* the store has it too */
    uint32_t parts_most;              /* the last one that the store took in this job */
    uint32_t after_part;
    struct digest returning; /* of what a GET brings */
};

/* ---- for the engine ------------------------------------------------------------------------------------------------------ */

/* job->item and is_for_room are set. */
void job_begin(struct job *job, struct sync_shop *shop);
/* Does the present step as far as it goes without a store. */
enum job_wants job_go(struct job *job);
/* The call is back. is_free: the store cannot be reached by anyone, the try does not count. */
void job_back(struct job *job, bool is_free);
/* One of those that want a sync has it done for all; then each is told. */
td_err job_syncs_marks(struct job *job);
void job_marks_are_synced(struct job *job, td_err err);
/* The pass ends before the job did: handles closed, nothing undone. */
void job_leave(struct job *job);
/* Given up: job->why tells. */
void job_fail(struct job *job, const struct store_result *why);

/* ---- for the steps --------------------------------------------------------------------------------------------------------- */

void job_next(struct job *job, enum job_step step);
void job_ends(struct job *job, enum job_end end);
/* Ends it with words of our own. */
void job_ends_why(struct job *job, enum job_end end, enum store_outcome outcome, td_err err,
                  const char *words);
/* Ends it: a file here cannot be read or written. */
void job_fails_here(struct job *job, td_err err, const char *words);
/* job->call asks this of a store; everything else of the operation is zero. */
struct store_op *job_asks(struct job *job, enum job_wants whom, enum store_verb verb,
                          const char *key);
/* The present step again, or another one, after a wait as store/retry.h says; given up: failed. */
void job_retry(struct job *job, enum job_step step);
/* The copy was not right after it was sent: once more from STEP_ASK, RETRY_TRIES times. */
void job_resend(struct job *job);
void job_moves(struct job *job, enum job_state state);
struct store_body job_body(const struct job *job, int64_t at, int64_t bytes);
const struct td_disk *job_disk(const struct job *job);

/* Where the object stands at the destination, by what HEAD or reading back told. */
enum copy_is { COPY_EQUAL, COPY_ABSENT, COPY_OURS_DAMAGED, COPY_FOREIGN, COPY_UNSURE };
enum copy_is copy_judge(const struct store_result *result, const struct store_identity *ours);
/* A GET's bytes were not those of the store's own sum. False: it is asked again, the way here may have spoilt them, or the job has failed. True:
   they came so each time, and what lies there claims to be ours: it is damaged. */
bool copy_stays_spoilt(struct job *job, enum job_step again, const struct store_identity *ours);

/* The receipt here is the one that was read: file and copy were looked at for nothing where it is not. Missing with its segment: true. */
bool job_receipt_stands(const struct job *job);
/* job->receipt is read: it is taken as what the item must be. False: the job has ended. */
bool job_takes_receipt(struct job *job);
/* Sums job->file from its start in STEP_SUM, which leads to STEP_ASK. */
void job_sums(struct job *job);

/* End of the receive hour that a key names; false: it names none. */
bool job_hour_end(const char *key, int64_t *ns);
/* Its hour ended keep_ns ago or earlier: it may go for its age. */
bool job_is_old(const struct engine_params *params, const char *key);
/* Goes on with a step after so many milliseconds. */
void job_rests(struct job *job, enum job_step step, int64_t wait_ms);

/* Steps; begin: what it wants is set when it returns. back: the call's outcome is one that the step knows. */
void seal_begin(struct job *job);
void sum_begin(struct job *job);
void look_to_begin(struct job *job);
void look_to_back(struct job *job);
void look_from_begin(struct job *job);
void look_from_back(struct job *job);
void source_head_begin(struct job *job);
void source_head_back(struct job *job);
void source_note_begin(struct job *job);
void source_note_back(struct job *job);
void fetch_begin(struct job *job);
void fetch_back(struct job *job);
/* The spool file's sums are not right. */
void fetch_was_wrong(struct job *job);
void fetch_forget(struct job *job);
void ask_begin(struct job *job);
void ask_back(struct job *job);
void put_begin(struct job *job);
void put_back(struct job *job);
/* What a PUT's answer means for the next one; false: the job has ended. */
bool put_answered(struct job *job);
void read_begin(struct job *job);
void read_back(struct job *job);
void parts_begin(struct job *job); /* which of the parts' steps is next */
void parts_list_begin(struct job *job);
void parts_list_back(struct job *job);
void parts_open_begin(struct job *job);
void parts_open_back(struct job *job);
void parts_put_begin(struct job *job);
void parts_put_back(struct job *job);
void parts_close_begin(struct job *job);
void parts_close_back(struct job *job);
void parts_drop_begin(struct job *job);
void parts_drop_back(struct job *job);
/* Is there an upload of before that nobody needs any more? Goes through STEP_PARTS_DROP to `after`. */
void parts_end(struct job *job, enum job_step after);
void receipt_ask_begin(struct job *job);
void receipt_ask_back(struct job *job);
void receipt_put_begin(struct job *job);
void receipt_put_back(struct job *job);
void mark_begin(struct job *job);
void mark_place_begin(struct job *job);
void retire_begin(struct job *job);
void delete_begin(struct job *job);
/* The destination could not prove its copy while deleting. */
void delete_refused(struct job *job, const char *words, bool is_mark_false);

#endif
