#include "test.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/seal.h"

TEST(counts_between_seal_and_unseal_only)
{
    uint64_t before = td_seal_violations();
    td_seal_note("malloc");
    CHECK_EQ_U64(td_seal_violations(), before);
    td_seal();
    td_seal_note("malloc");
    td_seal_note("free");
    td_unseal();
    td_seal_note("malloc");
    CHECK_EQ_U64(td_seal_violations(), before + 2);
}

/* Test programs are linked with the wrap, as the recorder is: the calls themselves are seen. */
TEST(every_allocator_call_is_seen)
{
    uint64_t before = td_seal_violations();
    void *volatile aligned = NULL, *volatile place = NULL;
    void *at = NULL;
    td_seal();
    place = malloc(10);
    place = realloc(place, 20);
    free(place);
    place = calloc(2, 3);
    free(place);
    aligned = aligned_alloc(64, 64);
    free(aligned);
    int err = posix_memalign(&at, 64, 64);
    free(at);
    free(NULL);
    td_unseal();
    CHECK_EQ_I64(err, 0);
    CHECK_EQ_U64(td_seal_violations(), before + 9);
}

TEST(abort_mode_stops_the_process)
{
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        setenv("TAPEDECK_SEAL", "abort", 1);
        td_seal();
        void *volatile place = malloc(10);
        (void)place;
        _exit(0);
    }
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
