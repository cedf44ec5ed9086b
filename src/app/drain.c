#include "app/drain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/setup.h"
#include "base/log.h"
#include "base/text.h"
#include "lake/journal_dir.h"
#include "lake/show.h"

struct drain {
    const struct journal_drain *request;
    struct setup *setup;
    char folder[JOURNAL_PATH_MAX];     /* of the journal */
    char checkpoint[JOURNAL_PATH_MAX]; /* "": none to begin from */
};

/* ---- configuration ---- */

/* 1: *setup is filled from it; 0: the journal holds none; negative: it is not usable (said on stderr). */
static int from_journal(struct drain *drain)
{
    struct journal_dir dir = {0};
    struct td_frame frame = {0};
    struct journal_damage damage;
    int got = journal_dir_open(&dir, drain->request->path);
    if (got == 0)
        got = dir.folder->count == 0 ? TD_E_MISSING : journal_dir_read(&dir, 0);
    if (got == 0) {
        td_text_copy(drain->folder, sizeof drain->folder, dir.path, strlen(dir.path));
        while ((got = journal_dir_next(&dir, &frame, &damage)) != 0)
            if (got > 0 && frame.kind == TD_FRAME_CONFIG)
                break; /* the text lives until the reader is closed */
    }
    if (got > 0 && !drain->request->config &&
        setup_from_text(drain->setup, "the journal's configuration", frame.payload, frame.bytes) !=
            EXIT_FINE)
        got = TD_E_CONFIG;
    journal_dir_close(&dir);
    return got;
}

static int cannot_read(const struct drain *drain, td_err err)
{
    if (err == TD_E_CONFIG)
        return EXIT_CONFIG;
    if (err == TD_E_MISSING) {
        verb_complain("Name a data directory or its journal/.",
                      "%s: no journal files (000001.tdj ...)", drain->request->path);
        return EXIT_FOUND;
    }
    verb_complain("Name a data directory or its journal/.", "%s: %s", drain->request->path,
                  td_err_text(err));
    return EXIT_DISK;
}

static int configure(struct drain *drain)
{
    int got = from_journal(drain);
    if (got < 0)
        return cannot_read(drain, got);
    if (drain->request->config) {
        struct setup_options options = {.config_path = drain->request->config};
        return setup_load(drain->setup, &options);
    }
    if (got > 0)
        return EXIT_FINE;
    verb_complain("Give the recorder's own file: --config tapedeck.ini.",
                  "%s: the journal holds no configuration any more", drain->request->path);
    return EXIT_CONFIG;
}

/* ---- replay ---- */

/* Only a whole data folder has checkpoints, beside the journal's. */
static void find_checkpoint(struct drain *drain)
{
    char path[JOURNAL_PATH_MAX + 16];
    size_t bytes = strlen(drain->request->path);
    snprintf(path, sizeof path, "%s/checkpoint", drain->request->path);
    drain->checkpoint[0] = 0;
    if (!drain->request->whole && access(path, F_OK) == 0)
        td_text_copy(drain->checkpoint, sizeof drain->checkpoint, drain->request->path, bytes);
}

static struct deck_params params_of(const struct drain *drain)
{
    struct deck_params params = drain->setup->deck;
    params.data_dir = drain->request->out;
    params.journal = false;
    params.shm_path = NULL;
    params.endpoints = NULL;
    params.endpoint_count = 0;
    params.lock_memory = false;
    return params;
}

static void say_json(const struct deck_replayed *did)
{
    printf("{\"frames\": %" PRIu64 ", \"frame_first\": %" PRIu64 ", \"frame_last\": %" PRIu64
           ", \"checkpoint\": %" PRIu64 ", \"lost\": %" PRIu64 ", \"segments\": %" PRIu64
           ", \"remade\": %" PRIu64 ", \"differs\": %" PRIu64 "}\n",
           did->frames, did->first_frame, did->last_frame, did->checkpoint_frame, did->lost,
           did->segments, did->remade, did->differs);
}

static void say_text(const struct drain *drain, const struct deck_replayed *did)
{
    printf("%" PRIu64 " frames (%" PRIu64 " to %" PRIu64 ")", did->frames, did->first_frame,
           did->last_frame);
    if (did->checkpoint_frame)
        printf(" from the checkpoint before frame %" PRIu64, did->checkpoint_frame);
    printf(": %" PRIu64 " new segments in ", did->segments);
    show_plain_text(stdout, drain->request->out, strlen(drain->request->out));
    fputs("/ready", stdout);
    if (did->remade)
        printf("; %" PRIu64 " stood there already, equal", did->remade);
    fputc('\n', stdout);
}

static int say(const struct drain *drain, const struct deck_replayed *did)
{
    int code = EXIT_FINE;
    if (drain->request->json)
        say_json(did);
    else
        say_text(drain, did);
    if (did->differs) {
        verb_complain(
            "What stood there was kept. Another build or configuration gives other bytes: "
            "drain into an empty folder.",
            "%" PRIu64 " segments differ from those in %s/ready", did->differs,
            drain->request->out);
        code = EXIT_FOUND;
    }
    if (did->lost) {
        verb_complain("`tape journal verify` says where; table gaps says what it cost.",
                      "%" PRIu64 " frames of the journal cannot be read", did->lost);
        code = EXIT_CORRUPT;
    }
    return code;
}

static int replay_failed(const struct drain *drain, td_err err)
{
    if (err == TD_E_MISSING) {
        verb_complain(NULL, "%s: the journal holds no frames", drain->request->path);
        return EXIT_FOUND;
    }
    verb_complain(err == TD_E_BUSY ? "A recorder is at work there: choose another --out."
                                   : "Choose an --out with room and rights.",
                  "%s: %s", drain->request->out, td_err_text(err));
    return EXIT_DISK;
}

/* A line on a terminal; frames fly by, so not each of them. */
enum { FRAMES_A_LINE = 1 << 14 };

static void moved(void *arg, uint64_t frame)
{
    uint64_t *shown = arg;
    if (frame < *shown + FRAMES_A_LINE)
        return;
    *shown = frame;
    fprintf(stderr, "\rframe %" PRIu64 " ", frame);
}

int drain_journal(const struct journal_drain *request, deck_replay_journal_fn *replay)
{
    static struct setup setup;
    struct drain drain = {.request = request, .setup = &setup};
    struct deck_replayed did = {0};
    td_log_setup(2, TD_LOG_WARN, NULL);
    int code = configure(&drain);
    if (code != EXIT_FINE)
        return code;
    find_checkpoint(&drain);
    struct deck_params params = params_of(&drain);
    uint64_t shown = 0;
    td_err err = replay(&params, drain.folder, drain.checkpoint[0] ? drain.checkpoint : NULL,
                        isatty(STDERR_FILENO) ? moved : NULL, &shown, &did);
    fputs(shown ? "\r\033[K" : "", stderr);
    return err < 0 ? replay_failed(&drain, err) : say(&drain, &did);
}
