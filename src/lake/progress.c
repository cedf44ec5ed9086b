#include "lake/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/os.h"
#include "lake/show.h"

enum { BAR = 24 };

static int64_t now_ns(void)
{
    const struct td_clock *clock = &td_os_linux()->clock;
    return clock->mono_ns(clock->ctx);
}

struct progress progress_start(int64_t files, int64_t bytes)
{
    return (struct progress){
        .on = isatty(STDERR_FILENO), .files = files, .bytes = bytes, .start_ns = now_ns()};
}

static void draw(struct progress *p, int64_t now)
{
    double part = p->bytes > 0 ? (double)p->bytes_done / (double)p->bytes : 1;
    double seconds = (double)(now - p->start_ns) / TD_NS_PER_S;
    double rate = seconds > 0 ? (double)p->bytes_done / seconds : 0;
    int full = (int)((part > 1 ? 1 : part) * BAR);
    fprintf(stderr, "\r[%.*s%*s] ", full, "########################", BAR - full, "");
    if (p->files > 0)
        fprintf(stderr, "%lld/%lld files  ", (long long)p->files_done, (long long)p->files);
    fprintf(stderr, "%.1f MB/s", rate / 1e6);
    if (rate > 0 && p->bytes > p->bytes_done)
        fprintf(stderr, "  %.0f s left", (double)(p->bytes - p->bytes_done) / rate);
    fputs("\033[K", stderr);
    p->drawn_ns = now;
}

void progress_moved(struct progress *progress, int64_t bytes)
{
    progress->bytes_done += bytes;
    if (!progress->on)
        return;
    int64_t now = now_ns();
    if (now - progress->drawn_ns > TD_NS_PER_S / 10)
        draw(progress, now);
}

void progress_file(struct progress *progress)
{
    progress->files_done++;
}

void progress_clear(struct progress *progress)
{
    if (progress->on && progress->drawn_ns)
        fputs("\r\033[K", stderr);
    progress->drawn_ns = 0;
}
