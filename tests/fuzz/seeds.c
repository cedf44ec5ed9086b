/* Drives one fuzz target without libFuzzer: all its seeds, then mutations of them that are the same on every machine.

     out/host-asan/fuzz/venue            tests/fuzz/seeds/venue, then the mutations (from the root of the tree)
     out/host-asan/fuzz/venue FILE...    these inputs only: how a crash is looked at again

   Each seed is a test, all mutations together are one. The input that killed the program is left in
   out/fuzz/crash-<target> (folder of TAPEDECK_OUT). */
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/hash.h"

enum {
    SEEDS_MAX = 512,
    INPUT_MAX = 64 << 10,
    MUTATIONS = 20000,
    MUTATIONS_SECONDS = 8, /* a slow machine stops earlier, at the same inputs */
    INPUT_SECONDS = 30,    /* one input that takes longer has failed */
    CHANGES_MAX = 6,       /* of one mutation */
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
/* Of the sanitizers' library; absent in other builds. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

struct input {
    char name[64];
    size_t bytes;
    uint8_t *data;
};

static struct input seeds[SEEDS_MAX];
static size_t seed_count;
static const char *target;
static char crash_path[512];

/* What is being run now, for the last words. */
static struct {
    const uint8_t *data;
    size_t bytes;
    const char *seed;
    int mutation; /* -1: the seed itself */
} now;

static void last_words(void)
{
    if (now.data == NULL)
        return;
    FILE *file = fopen(crash_path, "wb");
    printf("FAILED %s: seed %s, mutation %d, %zu bytes\n", target, now.seed, now.mutation,
           now.bytes);
    if (file != NULL) {
        fwrite(now.data, 1, now.bytes, file);
        fclose(file);
        printf("the input is in %s\n", crash_path);
    }
    fflush(stdout);
    now.data = NULL;
}

static void on_signal(int number)
{
    last_words();
    signal(number, SIG_DFL);
    raise(number);
}

/* In memory of just its size, so that the sanitizer sees a read past the end. */
static void run(const uint8_t *data, size_t bytes, const char *seed, int mutation)
{
    uint8_t *exact = malloc(bytes ? bytes : 1);
    memcpy(exact, data, bytes);
    now.data = exact;
    now.bytes = bytes;
    now.seed = seed;
    now.mutation = mutation;
    alarm(INPUT_SECONDS);
    LLVMFuzzerTestOneInput(exact, bytes);
    alarm(0);
    now.data = NULL;
    free(exact);
}

/* ---- seeds ---------------------------------------------------------------------------------- */

static void read_file(const char *path, const char *name)
{
    struct input *seed = &seeds[seed_count];
    FILE *file = fopen(path, "rb");
    if (file == NULL || seed_count == SEEDS_MAX) {
        fprintf(stderr, "%s: cannot be used as an input\n", path);
        exit(2);
    }
    seed->data = malloc(INPUT_MAX);
    seed->bytes = fread(seed->data, 1, INPUT_MAX, file);
    snprintf(seed->name, sizeof seed->name, "%s", name);
    fclose(file);
    seed_count++;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct input *)a)->name, ((const struct input *)b)->name);
}

static void read_folder(void)
{
    char folder[256], path[512];
    snprintf(folder, sizeof folder, "tests/fuzz/seeds/%s", target);
    DIR *dir = opendir(folder);
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            read_file(path, entry->d_name);
        }
    if (dir != NULL)
        closedir(dir);
    qsort(seeds, seed_count, sizeof *seeds, by_name);
    if (seed_count == 0)
        printf("FAILED %s: no seeds in %s\n", target, folder);
}

/* ---- mutations ------------------------------------------------------------------------------ */

static uint64_t random_state;

static size_t draw(size_t below)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return below ? (size_t)(td_hash_u64(random_state) % below) : 0;
}

/* Bytes and words on which parsers trip. */
static void poke(uint8_t *data, size_t bytes)
{
    static const uint8_t odd[] = {0,   1,   0x7f, 0x80, 0xff, '"',  '\\', '{',
                                  '}', '[', ']',  ',',  ':',  '-',  '.',  'e',
                                  '0', '9', '\n', '\r', ' ',  0xc0, 0xed, 0xf4};
    if (bytes == 0)
        return;
    size_t at = draw(bytes);
    switch (draw(4)) {
    case 0:
        data[at] ^= (uint8_t)(1u << draw(8));
        break;
    case 1:
        data[at] = odd[draw(sizeof odd)];
        break;
    case 2:
        data[at] = (uint8_t)draw(256);
        break;
    default:
        data[at] = (uint8_t)(data[at] + draw(9) - 4);
    }
}

static size_t insert(uint8_t *data, size_t bytes, const void *from, size_t count)
{
    size_t at = draw(bytes + 1);
    if (bytes + count > INPUT_MAX)
        return bytes;
    memmove(data + at + count, data + at, bytes - at);
    memmove(data + at, from, count);
    return bytes + count;
}

static size_t insert_word(uint8_t *data, size_t bytes)
{
    static const char *const words[] = {"9223372036854775807",
                                        "-9223372036854775808",
                                        "99999999999999999999",
                                        "1e400",
                                        "1e-400",
                                        "0.000000000000000000000001",
                                        "\\u0000",
                                        "\\ud800",
                                        "null",
                                        "[[[[[[[[",
                                        "{\"a\":",
                                        "\xf0\x9f\x98\x80",
                                        "\r\n\r\n",
                                        "\xff\xff\xff\xff",
                                        "\x7f\xff\xff\xff\xff\xff\xff\xff"};
    const char *word = words[draw(sizeof words / sizeof *words)];
    return insert(data, bytes, word, strlen(word));
}

/* A piece of any seed, or of the input itself: repeated and strange-ordered fields. */
static size_t insert_piece(uint8_t *data, size_t bytes)
{
    static uint8_t piece[256];
    const struct input *from = &seeds[draw(seed_count)];
    size_t at = draw(from->bytes), count = draw(sizeof piece);
    if (count > from->bytes - at)
        count = from->bytes - at;
    memcpy(piece, from->data + at, count);
    return insert(data, bytes, piece, count);
}

static size_t cut_out(uint8_t *data, size_t bytes)
{
    if (bytes == 0)
        return 0;
    size_t at = draw(bytes), count = 1 + draw(draw(8) ? 8 : bytes - at);
    if (count > bytes - at)
        count = bytes - at;
    memmove(data + at, data + at + count, bytes - at - count);
    return bytes - count;
}

static size_t mutate(uint8_t *data, size_t bytes)
{
    for (size_t changes = 1 + draw(CHANGES_MAX); changes > 0; changes--)
        switch (draw(10)) {
        case 0:
            bytes = cut_out(data, bytes);
            break;
        case 1:
            bytes = insert_word(data, bytes);
            break;
        case 2:
            bytes = insert_piece(data, bytes);
            break;
        case 3:
            bytes = draw(4) ? bytes : draw(bytes + 1); /* the end is missing */
            break;
        default:
            poke(data, bytes);
        }
    return bytes;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void run_mutations(void)
{
    static uint8_t data[INPUT_MAX];
    double until = seconds() + MUTATIONS_SECONDS;
    int done = 0;
    random_state = td_hash64(target, strlen(target), 0);
    for (; done < MUTATIONS && seconds() < until; done++) {
        const struct input *seed = &seeds[draw(seed_count)];
        memcpy(data, seed->data, seed->bytes);
        run(data, mutate(data, seed->bytes), seed->name, done);
    }
    printf("%s: %d mutations of %zu seeds\n", target, done, seed_count);
}

static void listen_for_death(void)
{
    const char *out = getenv("TAPEDECK_OUT");
    char folder[400];
    snprintf(folder, sizeof folder, "%s/fuzz", out ? out : "out");
    mkdir(folder, 0777);
    snprintf(crash_path, sizeof crash_path, "%s/crash-%s", folder, target);
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(last_words);
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    target = slash ? slash + 1 : argv[0];
    listen_for_death();
    for (int i = 1; i < argc; i++)
        if (argv[i][0] != '-')
            read_file(argv[i], argv[i]);
    bool given = seed_count > 0;
    if (!given)
        read_folder();
    for (size_t i = 0; i < seed_count; i++)
        run(seeds[i].data, seeds[i].bytes, seeds[i].name, -1);
    if (!given && seed_count > 0)
        run_mutations();
    size_t passed = seed_count + (!given && seed_count > 0);
    for (size_t i = 0; i < seed_count; i++)
        free(seeds[i].data);
    printf("%zu passed, %d failed\n", passed, seed_count == 0);
    return seed_count == 0;
}
