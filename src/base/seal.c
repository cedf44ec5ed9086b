#include "base/seal.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static _Atomic bool sealed;
static _Atomic bool abort_on_violation;
static _Atomic uint64_t violations;

void td_seal(void)
{
    const char *mode = getenv("TAPEDECK_SEAL");
    atomic_store(&abort_on_violation, mode && strcmp(mode, "abort") == 0);
    atomic_store(&sealed, true);
}

void td_unseal(void)
{
    atomic_store(&sealed, false);
}

uint64_t td_seal_violations(void)
{
    return atomic_load(&violations);
}

void td_seal_note(const char *function)
{
    if (!atomic_load_explicit(&sealed, memory_order_relaxed))
        return;
    atomic_fetch_add_explicit(&violations, 1, memory_order_relaxed);
    if (atomic_load_explicit(&abort_on_violation, memory_order_relaxed))
        td_assert_failed("seal", 0, function, "no allocation after the seal");
}
