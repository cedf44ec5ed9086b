#include "app/status.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "app/exits.h"
#include "app/setup.h"
#include "base/log.h"
#include "base/os.h"

struct request {
    struct setup_options options;
    const char *page;
    bool json, watch;
};

static void usage(FILE *out)
{
    fprintf(out,
            "tapedeck status: is it recording, is anything missing, how long will the disk last\n\n"
            "  tapedeck status [--config FILE] [--set section.key=value]... [--page FILE] [--json] "
            "[--watch]\n\n"
            "  --page FILE   the recorder's state page itself, in place of what the configuration "
            "names\n"
            "  --watch       draw again each second\n\n"
            "example\n  tapedeck status --config tapedeck.ini\n\n"
            "exit codes: 0 all well, 1 something is wrong, 2 usage, 3 configuration, 5 no recorder "
            "is running\n");
}

static int take_options(struct request *request, int argc, char **argv, bool *help)
{
    static const struct option names[] = {
        {"config", required_argument, NULL, 'c'},
        {"set", required_argument, NULL, 's'},
        {"page", required_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},
        {"watch", no_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        if (option == 'c' || option == 's')
            setup_option(&request->options, option == 'c' ? "config" : "set", optarg);
        else if (option == 'p')
            request->page = optarg;
        else if (option == 'j')
            request->json = true;
        else if (option == 'w')
            request->watch = true;
        else if (option == 'h')
            *help = true;
        else
            return EXIT_USAGE;
    }
    if (optind == argc)
        return EXIT_FINE;
    fprintf(stderr, "tapedeck status: unexpected argument: %s\n  see `tapedeck status --help`\n",
            argv[optind]);
    return EXIT_USAGE;
}

/* ---- judging ---- */

int64_t status_age_ms(const struct status *status, int64_t since_mono_ns)
{
    int64_t age_ns;
    if (since_mono_ns <= 0 || __builtin_sub_overflow(status->mono_ns, since_mono_ns, &age_ns))
        return -1;
    return age_ns > 0 ? age_ns / TD_NS_PER_MS : 0;
}

enum status_lamp status_lamp_of(const struct status *status, const struct page_book *book)
{
    const struct page_source *source = &status->view->source[book->source];
    bool has_book = book->channels & 1u << TD_CHANNEL_BOOK;
    bool silent =
        source->silence_ms > 0 && status_age_ms(status, source->last_mono_ns) > source->silence_ms;
    if (status->life != PAGE_ALIVE || source->state != PAGE_UP || silent ||
        (has_book && book->state == TD_BOOK_BROKEN))
        return STATUS_BAD;
    bool syncing = has_book && book->state != TD_BOOK_PROVEN;
    return syncing || book->open_kind != PAGE_KIND_NONE ? STATUS_WAIT : STATUS_GOOD;
}

int status_code(const struct status *status)
{
    if (status->life == PAGE_DEAD || status->life == PAGE_ENDED)
        return EXIT_DISK;
    if (status->life == PAGE_STALLED || status->view->deck.alarms != 0)
        return EXIT_PROBLEMS;
    for (uint32_t i = 0; i < status->view->deck.book_count; i++)
        if (status_lamp_of(status, &status->view->book[i]) != STATUS_GOOD)
            return EXIT_PROBLEMS;
    return EXIT_FINE;
}

/* ---- the page ---- */

static int no_page(const struct request *request, const char *path, td_err err)
{
    if (request->json)
        printf("{\"recording\":false,\"reason\":\"%s\"}\n", td_err_name(err));
    if (err == TD_E_MISSING)
        fprintf(stderr,
                "tapedeck status: no recorder is running here: %s does not exist\n  start one: "
                "tapedeck record%s%s\n",
                path, request->options.config_path ? " --config " : "",
                request->options.config_path ? request->options.config_path : "");
    else if (err == TD_E_UNSUPPORTED)
        fprintf(stderr,
                "tapedeck status: %s is of another version\n  use the `tapedeck` that records\n",
                path);
    else if (err == TD_E_AGAIN)
        fprintf(stderr,
                "tapedeck status: %s holds no whole update\n  if it stays so the recorder is gone: "
                "start it again\n",
                path);
    else
        fprintf(stderr, "tapedeck status: %s: %s\n  name the right one with --page\n", path,
                td_err_text(err));
    return EXIT_DISK;
}

/* NULL: nothing is uploaded from this folder, or what is said of it cannot be read. */
static const struct sync_status *uploads_of(const struct page_view *view)
{
    static struct sync_status uploads;
    char folder[sizeof view->deck.data_dir + 8], path[sizeof folder + 16];
    snprintf(folder, sizeof folder, "%s/sync", view->deck.data_dir);
    if (!sync_status_path(folder, path, sizeof path) ||
        sync_status_read(&td_os_linux()->disk, path, &uploads) < 0)
        return NULL;
    return &uploads;
}

static int show_once(const struct request *request, const char *path)
{
    static struct page_view view;
    struct page_reader reader;
    const struct td_clock *clock = &td_os_linux()->clock;
    const char *no_color = getenv("NO_COLOR");
    td_err err = page_open(&reader, path);
    if (err == 0) {
        err = page_read(&reader, &view);
        struct status status = {.view = &view,
                                .pid = reader.pid,
                                .mono_ns = clock->mono_ns(clock->ctx),
                                .colour = isatty(1) && !(no_color && *no_color)};
        status.life = err == 0 ? page_life(&reader, &view, status.mono_ns) : PAGE_DEAD;
        page_reader_close(&reader);
        if (err == 0) {
            status.uploads = uploads_of(&view);
            (request->json ? status_json : status_text)(&status, stdout);
            return status_code(&status);
        }
    }
    return no_page(request, path, err);
}

static int find_page(const struct request *request, char path[PAGE_PATH_MAX])
{
    static struct setup setup;
    if (request->page) {
        snprintf(path, PAGE_PATH_MAX, "%s", request->page);
        return EXIT_FINE;
    }
    int bad = setup_load(&setup, &request->options);
    if (bad != EXIT_FINE)
        return bad;
    return page_path(setup.config.deck.shm_dir, setup.config.deck.id, path) < 0 ? EXIT_CONFIG
                                                                                : EXIT_FINE;
}

int status_main(int argc, char **argv)
{
    static struct request request;
    char path[PAGE_PATH_MAX];
    bool help = false;
    request = (struct request){0};
    int code = take_options(&request, argc, argv, &help);
    if (help)
        usage(stdout);
    if (help || code != EXIT_FINE)
        return code;
    td_log_setup(2, TD_LOG_WARN, NULL);
    code = find_page(&request, path);
    if (code != EXIT_FINE)
        return code;
    while (request.watch) {
        struct timespec second = {1, 0};
        fputs(isatty(1) ? "\033[H\033[J" : "", stdout);
        if (show_once(&request, path) == EXIT_DISK)
            fputs("waiting for a recorder\n", stdout);
        if (fflush(stdout) != 0)
            return EXIT_FINE; /* nobody looks any more */
        nanosleep(&second, NULL);
    }
    return show_once(&request, path);
}
