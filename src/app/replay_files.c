/* Capture files of a replay, merged by time. */
#include <stdio.h>
#include <sys/mman.h>

#include "app/exits.h"
#include "app/replay_parts.h"

void *replay_lazily(size_t bytes)
{
    void *mem = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return mem == MAP_FAILED ? NULL : mem;
}

int replay_open_files(struct replay *r)
{
    for (unsigned i = 0; i < r->file_count; i++) {
        struct replay_file *file = &r->file[i];
        file->opened = false;
        file->conn = 0;
        if (file->mem == NULL)
            file->mem = replay_lazily(capture_footprint());
        if (file->mem == NULL)
            return replay_complain("no memory for", file->path);
        td_err err = capture_open(file->mem, file->path, &file->capture);
        if (err < 0) {
            fprintf(stderr, "tapedeck replay: %s\n", capture_problem(file->capture));
            return EXIT_DISK;
        }
    }
    return EXIT_FINE;
}

void replay_close_files(struct replay *r)
{
    for (unsigned i = 0; i < r->file_count; i++)
        capture_close(r->file[i].capture);
}

struct replay_file *replay_oldest(struct replay *r, const struct capture_line **line, int *bad)
{
    struct replay_file *best = NULL;
    for (unsigned i = 0; i < r->file_count; i++) {
        const struct capture_line *candidate;
        int got = capture_peek(r->file[i].capture, &candidate);
        if (got < 0) {
            fprintf(stderr, "tapedeck replay: %s\n", capture_problem(r->file[i].capture));
            *bad = EXIT_CORRUPT;
            return NULL;
        }
        if (got == 1 && (best == NULL || candidate->recv_ns < (*line)->recv_ns)) {
            best = &r->file[i];
            *line = candidate;
        }
    }
    return best;
}

struct td_frame replay_frame_of(struct replay *r, struct replay_file *file,
                                const struct capture_line *line)
{
    struct td_frame frame = {.recv_ns = line->recv_ns,
                             .mono_ns = line->recv_ns,
                             .payload = line->payload,
                             .bytes = line->bytes,
                             .source = file->source,
                             .origin = TD_ORIGIN_WS};
    if (line->dir != 'h' && !file->opened) {
        file->opened = true;
        file->conn = r->next_conn++;
    }
    frame.conn = file->conn;
    switch (line->dir) {
    case 'o':
        frame.kind = TD_FRAME_CONN_OPEN;
        break;
    case '>':
        frame.kind = TD_FRAME_SENT;
        break;
    case 'b':
        frame.kind = TD_FRAME_WS_BINARY;
        break;
    case 'h':
        frame.kind = TD_FRAME_HTTP;
        frame.origin = TD_ORIGIN_REST;
        frame.status = 200;
        break;
    default:
        frame.kind = TD_FRAME_WS_TEXT;
    }
    return frame;
}
