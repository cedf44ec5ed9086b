/* vm-check PROMISED: judges the data folder that a cut left, below the working directory; then recovers on it and judges again. Prints one
   line; exit code 1 when a promise is broken. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "crash/deck_rig.h"
#include "journal/reader.h"
#include "lake/files.h"
#include "lake/verify.h"
#include "vm/traffic.h"

enum { MORE = 24 };

static _Noreturn void broken(const char *what, uint64_t number)
{
    printf("broken: %s (%llu)\n", what, (unsigned long long)number);
    exit(1);
}

static bool same(const struct td_frame *got)
{
    if (got->number <= 2)
        return got->kind == (got->number == 1 ? TD_FRAME_START : TD_FRAME_CONFIG);
    struct td_frame want = traffic_frame(got->number - 3);
    return got->recv_ns == want.recv_ns && got->bytes == want.bytes && got->kind == want.kind &&
           got->source == want.source &&
           (want.bytes == 0 || memcmp(got->payload, want.payload, want.bytes) == 0);
}

/* Frames up to the last of the run that was cut; returns the last one. Older files may have been used again. */
static uint64_t read_journal(uint64_t promised, uint64_t own_last)
{
    struct journal_reader *reader;
    struct journal_damage damage;
    struct td_frame frame;
    uint64_t last = 0;
    int got;
    void *mem = aligned_alloc(64, (journal_reader_footprint() + 63) & ~(size_t)63);
    td_err err = mem ? journal_reader_open(mem, &td_os_linux()->disk, "data/journal", 0, &reader)
                     : TD_E_NO_MEMORY;
    if (err < 0 && promised == 0)
        return 0;
    if (err < 0)
        broken("the journal does not open", 0);
    while ((got = journal_reader_next(reader, &frame, &damage)) != 0) {
        if (got < 0)
            continue;
        if (last != 0 && frame.number != last + 1 && last < promised)
            broken("frames are missing after", last);
        if (frame.number <= own_last && !same(&frame))
            broken("a frame is not what was recorded", frame.number);
        last = frame.number;
    }
    journal_reader_close(reader);
    free(mem);
    return last;
}

static void tell(void *ctx, const char *path, const char *kind, const char *what)
{
    (void)ctx;
    printf("%s %s: %s\n", path, kind, what);
}

static int64_t verify_ready(void)
{
    struct file_list list = {0};
    struct verify verify = {.tell = tell};
    td_err err = files_collect(&list, "data/ready");
    for (size_t i = 0; err == 0 && i < list.count; i++)
        if (!files_at(&list, i)->is_receipt)
            verify_segment(&verify, files_at(&list, i)->path);
    if (verify.problems)
        broken("segments do not verify", (uint64_t)verify.problems);
    int64_t files = verify.files;
    verify_free(&verify);
    files_free(&list);
    return files;
}

/* Recording goes on where the cut was. */
static void recover(uint64_t last)
{
    static struct deck deck;
    static struct td_os os;
    struct deck_params params = rig_params(&td_os_linux()->disk, &os, NULL);
    uint64_t next = last > 2 ? last - 2 : 0;
    rig_now_ns = traffic_frame(next).recv_ns;
    td_err err = deck_open(&deck, &params);
    if (err < 0 || deck.recovery.last_frame < last)
        broken("the deck does not open", deck.recovery.last_frame);
    deck_start(&deck, rig_now_ns, TD_ORIGIN_SIM);
    for (uint64_t i = 0; i < MORE; i++) {
        struct td_frame frame = traffic_frame(next + i);
        rig_now_ns = frame.recv_ns > rig_now_ns ? frame.recv_ns : rig_now_ns;
        deck_feed(&deck, &frame);
    }
    err = deck_stop(&deck, rig_now_ns + TD_NS_PER_S);
    if (err < 0)
        broken(td_err_name(err), 0);
    if (writer_stats(deck.writer).differs)
        broken("segments were made again otherwise", writer_stats(deck.writer).differs);
    deck_close(&deck);
}

int main(int argc, char **argv)
{
    uint64_t promised = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    td_log_setup(2, TD_LOG_OFF, NULL);
    uint64_t last = read_journal(promised, UINT64_MAX);
    if (last < promised)
        broken("the last frame is before the promised one", last);
    int64_t before = verify_ready();
    recover(last);
    read_journal(promised, last);
    int64_t after = verify_ready();
    printf("good: %llu promised, %llu found, %lld and %lld segments\n",
           (unsigned long long)promised, (unsigned long long)last, (long long)before,
           (long long)after);
    return 0;
}
