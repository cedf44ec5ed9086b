#include "test.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/doorbell.h"

TEST(ring_before_sleep_is_not_lost)
{
    struct td_doorbell bell = {0};
    uint32_t seen = td_doorbell_seen(&bell);
    td_doorbell_ring(&bell);
    td_doorbell_wait(&bell, seen, -1); /* would sleep for ever */
    CHECK(td_doorbell_seen(&bell) != seen);
    CHECK_EQ_U64(bell.sleepers, 0);
}

TEST(timeout_ends_the_wait)
{
    struct td_doorbell bell = {0};
    td_doorbell_wait(&bell, td_doorbell_seen(&bell), 1);
    td_doorbell_wait(&bell, td_doorbell_seen(&bell), 0);
    CHECK_EQ_U64(bell.count, 0);
    CHECK_EQ_U64(bell.sleepers, 0);
}

/* Two threads hand one number back and forth; each waits without a timeout, so a lost ring would
 * hang the test. */
enum { TURNS = 20000 };

struct table {
    struct td_doorbell bell[2];
    _Atomic uint32_t turn;
};

static void wait_turn(struct table *table, int side, uint32_t turn)
{
    for (;;) {
        uint32_t seen = td_doorbell_seen(&table->bell[side]);
        if (atomic_load_explicit(&table->turn, memory_order_acquire) >= turn)
            return;
        td_doorbell_wait(&table->bell[side], seen, -1);
    }
}

static void play(struct table *table, int side)
{
    for (uint32_t turn = (uint32_t)side; turn < TURNS; turn += 2) {
        wait_turn(table, side, turn);
        atomic_store_explicit(&table->turn, turn + 1, memory_order_release);
        td_doorbell_ring(&table->bell[!side]);
    }
}

static void *play_second(void *arg)
{
    play(arg, 1);
    return NULL;
}

TEST(two_threads_take_turns)
{
    struct table table = {0};
    pthread_t second;
    CHECK(pthread_create(&second, NULL, play_second, &table) == 0);
    play(&table, 0);
    CHECK(pthread_join(second, NULL) == 0);
    CHECK_EQ_U64(table.turn, TURNS);
}

TEST(two_processes_take_turns)
{
    struct table *table =
        mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    CHECK(table != MAP_FAILED);
    pid_t child = fork();
    if (child == 0) {
        play(table, 1);
        _exit(0);
    }
    play(table, 0);
    int status;
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    CHECK_EQ_U64(table->turn, TURNS);
    munmap(table, sizeof *table);
}
