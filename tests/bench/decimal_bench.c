/* ns per call of base/decimal.c on texts as feeds print them, beside strtod; the answers are summed
   so that no call can be left out. Prints one line a case: name, ns per call. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decimal.h"
#include "base/os.h"

enum { TEXTS = 4096, ROUNDS = 500 };

struct text {
    char at[32];
    size_t bytes;
};

static struct text texts[TEXTS];
static uint64_t sum;

static uint32_t next_random(void)
{
    static uint64_t state = 1;
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(state >> 33);
}

/* Prices near 98,000 with two decimals, sizes with up to eight, absolute zeros: a level2 stream. */
static void make_texts(int kind)
{
    for (int i = 0; i < TEXTS; i++) {
        char *out = texts[i].at;
        size_t cap = sizeof texts[i].at;
        bool price = kind == 0 || (kind == 2 && i % 2 == 0);
        if (price)
            snprintf(out, cap, "%u.%02u", 96000 + next_random() % 4000, next_random() % 100);
        else if (kind == 3)
            snprintf(out, cap, "%u.%08u", next_random() % 100000000, next_random() % 100000000);
        else if (next_random() % 3 == 0)
            snprintf(out, cap, "0");
        else
            snprintf(out, cap, "%u.%0*u", next_random() % 30, 1 + (int)(next_random() % 8),
                     next_random() % 10);
        texts[i].bytes = strlen(out);
    }
}

static void to_steps(const struct text *text)
{
    int64_t steps = 0;
    if (td_decimal_to_steps(text->at, text->bytes, 8, &steps) == 0)
        sum += (uint64_t)steps;
}

static void by_strtod(const struct text *text)
{
    sum += (uint64_t)strtod(text->at, NULL);
}

static void measure(const char *name, void (*call)(const struct text *))
{
    const struct td_clock *clock = &td_os_linux()->clock;
    int64_t start_ns = clock->mono_ns(clock->ctx);
    for (int round = 0; round < ROUNDS; round++)
        for (int i = 0; i < TEXTS; i++)
            call(&texts[i]);
    int64_t took_ns = clock->mono_ns(clock->ctx) - start_ns;
    printf("%-28s %6.2f ns\n", name, (double)took_ns / ((double)ROUNDS * TEXTS));
}

int main(void)
{
    static const char *const kinds[] = {"prices", "sizes", "prices and sizes", "17 characters"};
    for (int kind = 0; kind < 4; kind++) {
        char name[64];
        make_texts(kind);
        snprintf(name, sizeof name, "to_steps %s", kinds[kind]);
        measure(name, to_steps);
        snprintf(name, sizeof name, "strtod %s", kinds[kind]);
        measure(name, by_strtod);
    }
    printf("sum %" PRIu64 "\n", sum);
    return 0;
}
