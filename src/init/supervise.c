#include "init/supervise.h"

#include <string.h>

void supervise_init(struct supervise *supervise, const struct supervise_rules *rules)
{
    *supervise = (struct supervise){.rules = rules, .due_ns = INT64_MAX};
}

void supervise_want(struct supervise *supervise, int64_t now_ns)
{
    supervise->wanted = true;
    if (supervise->state == SUPERVISE_IDLE) {
        supervise->state = SUPERVISE_WAITING;
        supervise->due_ns = now_ns;
    }
}

static void ask(struct supervise *supervise, int64_t now_ns)
{
    supervise->state = SUPERVISE_ASKED;
    supervise->due_ns = now_ns; /* the next turn asks; then it has stop_ns */
    supervise->told = false;
}

void supervise_stop(struct supervise *supervise, int64_t now_ns)
{
    supervise->wanted = false;
    supervise->renewing = false;
    if (supervise->state == SUPERVISE_WAITING) {
        supervise->state = SUPERVISE_IDLE;
        supervise->due_ns = INT64_MAX;
    } else if (supervise->state == SUPERVISE_RUNNING) {
        ask(supervise, now_ns);
    }
}

void supervise_renew(struct supervise *supervise, int64_t now_ns)
{
    if (supervise->state == SUPERVISE_WAITING)
        supervise->due_ns = now_ns;
    if (supervise->state != SUPERVISE_RUNNING)
        return;
    supervise->renewing = true;
    ask(supervise, now_ns);
}

void supervise_started(struct supervise *supervise, int64_t now_ns)
{
    supervise->state = SUPERVISE_RUNNING;
    supervise->started_ns = now_ns;
    supervise->beaten = supervise->hung = supervise->told = false;
    supervise->beat = 0;
    supervise->beat_ns = now_ns;
    supervise->due_ns = INT64_MAX;
    if (!supervise->wanted)
        ask(supervise, now_ns);
}

void supervise_beat(struct supervise *supervise, int64_t now_ns, int64_t beat)
{
    if (supervise->state != SUPERVISE_RUNNING || beat == supervise->beat)
        return;
    supervise->beat = beat;
    supervise->beat_ns = now_ns;
    supervise->beaten = true;
}

/* ---- what happened within the last window ------------------------------------------------------------------------- */

static unsigned within(const int64_t *at_ns, unsigned count, int64_t since_ns)
{
    unsigned found = 0;
    for (unsigned i = 0; i < count; i++)
        found += at_ns[i] > since_ns;
    return found;
}

static void keep(int64_t *at_ns, unsigned *count, int64_t now_ns)
{
    if (*count == SUPERVISE_RESTARTS_KEPT) {
        memmove(at_ns, at_ns + 1, (SUPERVISE_RESTARTS_KEPT - 1) * sizeof *at_ns);
        --*count;
    }
    at_ns[(*count)++] = now_ns;
}

unsigned supervise_restarts(const struct supervise *supervise, int64_t now_ns)
{
    return within(supervise->restart_ns, supervise->restarts, now_ns - supervise->rules->window_ns);
}

static int64_t pause_for(const struct supervise *supervise, int64_t now_ns)
{
    unsigned before = supervise_restarts(supervise, now_ns);
    if (before == 0)
        return supervise->rules->pause_first_ns;
    return before < supervise->rules->restarts_max ? supervise->rules->pause_ns
                                                   : supervise->rules->pause_slow_ns;
}

void supervise_ended(struct supervise *supervise, int64_t now_ns)
{
    bool again_at_once = supervise->renewing;
    supervise->renewing = false;
    supervise->state = supervise->wanted ? SUPERVISE_WAITING : SUPERVISE_IDLE;
    supervise->due_ns = INT64_MAX;
    if (!supervise->wanted)
        return;
    supervise->due_ns = again_at_once ? now_ns : now_ns + pause_for(supervise, now_ns);
    if (!again_at_once)
        keep(supervise->restart_ns, &supervise->restarts, now_ns);
}

/* ---- turns --------------------------------------------------------------------------------------------------------- */

static int64_t silent_ns(const struct supervise *supervise)
{
    const struct supervise_rules *rules = supervise->rules;
    if (supervise->state != SUPERVISE_RUNNING || !rules->beats)
        return INT64_MAX;
    return supervise->beat_ns + (supervise->beaten ? rules->hang_ns : rules->grace_ns);
}

static enum supervise_action kill_it(struct supervise *supervise, int64_t now_ns)
{
    supervise->state = SUPERVISE_KILLED;
    supervise->due_ns = now_ns + supervise->rules->reap_ns;
    return SUPERVISE_KILL;
}

static enum supervise_action kill_hung(struct supervise *supervise, int64_t now_ns)
{
    const struct supervise_rules *rules = supervise->rules;
    supervise->hung = true;
    keep(supervise->hang_at_ns, &supervise->hangs, now_ns);
    if (within(supervise->hang_at_ns, supervise->hangs, now_ns - rules->window_ns) >=
        rules->hangs_max)
        supervise->lost = "it hangs again and again";
    return kill_it(supervise, now_ns);
}

enum supervise_action supervise_turn(struct supervise *supervise, int64_t now_ns)
{
    if (now_ns >= silent_ns(supervise))
        return kill_hung(supervise, now_ns);
    if (now_ns < supervise->due_ns)
        return SUPERVISE_NOTHING;
    if (supervise->state == SUPERVISE_WAITING) {
        supervise->due_ns = INT64_MAX;
        return SUPERVISE_START;
    }
    if (supervise->state == SUPERVISE_ASKED && !supervise->told) {
        supervise->told = true;
        supervise->due_ns = now_ns + supervise->rules->stop_ns;
        return SUPERVISE_ASK;
    }
    if (supervise->state == SUPERVISE_ASKED)
        return kill_it(supervise, now_ns);
    if (supervise->state == SUPERVISE_KILLED) {
        supervise->lost = "it was killed and does not go away";
        supervise->due_ns = INT64_MAX;
    }
    return SUPERVISE_NOTHING;
}

int64_t supervise_next_ns(const struct supervise *supervise)
{
    int64_t silent = silent_ns(supervise);
    return silent < supervise->due_ns ? silent : supervise->due_ns;
}
