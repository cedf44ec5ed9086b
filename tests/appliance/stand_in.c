/* Stands where the recorder does in the appliance (put over it by box.py) and does what the kernel's command line asks for:

     standin=exit   ends at once, as one that cannot record
     standin=hang   publishes its page once and then sits still, deaf to SIGTERM
     standin=spy    the real recorder; beside it each advance of what it promises, on the console
     standin=look   the real recorder; beside it, once frames arrive, what listens, who runs with which rights, and what opens

   The real one is /bin/tapedeck.real; other verbs than `record` always go there. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "app/page.h"

#define REAL "/bin/tapedeck.real"
/* init passes on five lines a second of a child. */
enum { TURN_MS = 400, EXIT_OF_ONE_THAT_CANNOT = 5 };

static struct page_view view; /* one thread */

static void pause_ms(int ms)
{
    const struct timespec pause = {ms / 1000, ms % 1000 * 1000000L};
    nanosleep(&pause, NULL);
}

static bool asked(const char *word)
{
    char text[4096] = " ", wanted[64];
    int fd = open("/proc/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd < 0 ? -1 : read(fd, text + 1, sizeof text - 3);
    if (fd >= 0)
        close(fd);
    if (bytes < 0)
        return false;
    text[1 + bytes - (text[bytes] == '\n')] = ' ';
    snprintf(wanted, sizeof wanted, " standin=%s ", word);
    return strstr(text, wanted) != NULL;
}

/* The first page in the folder in memory, whatever the deck is called; a new one bears the host's name. */
static bool page_of_deck(char path[PAGE_PATH_MAX], bool present)
{
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    if (!present)
        return page_path("/dev/shm", host, path) == 0;
    DIR *dir = opendir("/dev/shm");
    bool found = false;
    for (struct dirent *entry; dir && !found && (entry = readdir(dir));)
        if (strncmp(entry->d_name, "tapedeck-", 9) == 0 && strstr(entry->d_name, ".page"))
            found = snprintf(path, PAGE_PATH_MAX, "/dev/shm/%s", entry->d_name) > 0;
    if (dir)
        closedir(dir);
    return found;
}

static _Noreturn void hang(void)
{
    char path[PAGE_PATH_MAX];
    struct page page = {0};
    struct timespec wall, mono;
    signal(SIGTERM, SIG_IGN);
    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &mono);
    view.deck.published_ns = wall.tv_sec * 1000000000LL + wall.tv_nsec;
    view.deck.published_mono_ns = mono.tv_sec * 1000000000LL + mono.tv_nsec;
    view.deck.since_ns = view.deck.published_ns;
    if (page_of_deck(path, false) && page_create(&page, path) == 0)
        page_publish(&page, &view);
    fprintf(stderr, "stand-in hangs from now on, page %s\n", path);
    for (;;)
        pause();
}

static bool look_at_page(struct page_reader *reader, bool *is_open)
{
    char path[PAGE_PATH_MAX];
    if (!*is_open)
        *is_open = page_of_deck(path, true) && page_open(reader, path) == 0;
    return *is_open && page_read(reader, &view) == 0;
}

static void tell(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    pause_ms(TURN_MS);
}

static void show_sockets(const char *kind)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/net/%s", kind);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        char local[64] = "", remote[64] = "", state[8] = "";
        if (sscanf(line, " %*[0-9]: %63s %63s %7s", local, remote, state) == 3)
            tell("look socket %s %s %s %s\n", kind, local, remote, state);
    }
    if (file)
        fclose(file);
}

/* One line of a process that is no thread of the kernel's. */
static void show_process(const char *pid)
{
    static const char wanted[] = " Name Uid Gid Groups CapEff CapPrm CapBnd NoNewPrivs Seccomp ";
    char path[64], line[512], key[64], text[1024] = "";
    bool has_memory = false;
    snprintf(path, sizeof path, "/proc/%s/status", pid);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file)) {
        size_t bytes = strcspn(line, ":");
        snprintf(key, sizeof key, " %.*s ", (int)bytes, line);
        has_memory |= strcmp(key, " VmSize ") == 0;
        if (strstr(wanted, key) == NULL)
            continue;
        line[strcspn(line, "\n")] = '\0';
        for (char *at = line + bytes; *at; at++)
            *at = *at == '\t' || *at == ' ' ? ',' : *at;
        snprintf(text + strlen(text), sizeof text - strlen(text), " %s", line);
    }
    if (file)
        fclose(file);
    if (has_memory)
        tell("look process pid:%s%s\n", pid, text);
}

static void show_open(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    tell("look open %s %s: %s\n", path, flags == O_RDONLY ? "reading" : "writing",
         fd >= 0 ? "works" : strerror(errno));
    if (fd >= 0)
        close(fd);
}

static void look_around(void)
{
    static const char *const kinds[] = {"tcp", "tcp6", "udp", "udp6", "raw", "raw6"};
    static const char *const closed[] = {"/card/tapedeck.ini", "/run/secrets/sync.ini", "/dev/vda",
                                         "/dev/mem", "/dev/kmsg"};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        show_sockets(kinds[i]);
    DIR *dir = opendir("/proc");
    for (struct dirent *entry; dir && (entry = readdir(dir));)
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9')
            show_process(entry->d_name);
    if (dir)
        closedir(dir);
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++)
        show_open(closed[i], O_RDONLY);
    show_open("/etc/spoiled", O_WRONLY | O_CREAT);
    show_open("/data/spoiled", O_WRONLY | O_CREAT);
    show_open("/data/deck/journal/000001.tdj", O_RDONLY);
    tell("look kill of init: %s\n", kill(1, 0) == 0 ? "works" : strerror(errno));
    tell("look done\n");
}

/* Beside the recorder until that ends. */
static _Noreturn void beside(bool looks)
{
    struct page_reader reader;
    bool is_open = false, looked = false;
    uint64_t said = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;; pause_ms(TURN_MS)) {
        if (!look_at_page(&reader, &is_open))
            continue;
        if (page_life(&reader, &view, view.deck.published_mono_ns) != PAGE_ALIVE) {
            page_reader_close(&reader);
            is_open = false;
            continue;
        }
        if (view.deck.synced_frame > said)
            fprintf(stderr, "spy synced=%llu frame=%llu segments=%llu\n",
                    (unsigned long long)view.deck.synced_frame,
                    (unsigned long long)view.deck.journal_frame,
                    (unsigned long long)view.deck.segments);
        said = view.deck.synced_frame;
        if (looks && !looked && view.deck.core_frame > 0) {
            look_around();
            looked = true;
        }
    }
}

int main(int argc, char **argv)
{
    bool records = argc > 1 && strcmp(argv[1], "record") == 0;
    if (records && asked("exit")) {
        fprintf(stderr, "stand-in cannot record\n");
        return EXIT_OF_ONE_THAT_CANNOT;
    }
    if (records && asked("hang"))
        hang();
    if (records && (asked("spy") || asked("look")) && fork() == 0)
        beside(asked("look"));
    execv(REAL, argv);
    perror(REAL);
    return EXIT_OF_ONE_THAT_CANNOT;
}
