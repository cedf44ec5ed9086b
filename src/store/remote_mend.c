#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "store/remote_inside.h"

/* A store that refuses a clock nearer than this to its own is not cured by an offset; one that refuses for no reason given may mean the clock
   when it is as far off as stores allow. */
enum { SKEW_LEAST_S = 60, SKEW_SUSPECT_S = 15 * 60 };

/* ---- what the protocol itself can mend, each once --------------------------------------------- */

void remote_set_clock(struct remote *remote, int64_t skew_ns)
{
    int64_t moved_ns = skew_ns - remote->skew_ns;
    remote->skew_ns = skew_ns;
    /* Calls that were refused together learn the same. */
    if (moved_ns > -SKEW_LEAST_S * TD_NS_PER_S && moved_ns < SKEW_LEAST_S * TD_NS_PER_S)
        return;
    TD_WARN("store", "event=clock_differs store=%s by_s=%" PRId64 " effect=signatures_only",
            remote->name, skew_ns / TD_NS_PER_S);
}

static bool learn_skew(struct remote *remote, struct flight *flight)
{
    int64_t off_ns = flight->answer.server_ns - flight->wall_ns;
    if (flight->tried_skew || flight->answer.server_ns == 0 ||
        (off_ns < SKEW_LEAST_S * TD_NS_PER_S && off_ns > -SKEW_LEAST_S * TD_NS_PER_S))
        return false;
    flight->tried_skew = true;
    /* Several calls may have been refused together: what was learnt first serves all. */
    int64_t now_ns = remote->os->clock.wall_ns(remote->os->clock.ctx);
    remote_set_clock(remote, flight->answer.server_ns - now_ns);
    return true;
}

static bool may_be_skewed(const struct flight *flight, const struct store_result *result)
{
    int64_t off_ns = flight->answer.server_ns - flight->wall_ns;
    bool refused = result->outcome == STORE_DENIED ||
                   (result->outcome == STORE_REFUSED && result->http_status == 400);
    bool far = off_ns > SKEW_SUSPECT_S * TD_NS_PER_S || off_ns < -SKEW_SUSPECT_S * TD_NS_PER_S;
    return result->outcome == STORE_SKEWED ||
           (refused && far && flight->answer.server_ns != 0 && !flight->tried_skew);
}

static bool learn_region(struct remote *remote, struct flight *flight)
{
    if (flight->tried_region)
        return false;
    flight->tried_region = true;
    if (strcmp(flight->region, remote->account.region) != 0)
        return true;
    if (remote->region_learnt || !address_move(&remote->account, flight->answer.region))
        return false;
    remote->region_learnt = true;
    TD_WARN("store", "event=region_learnt store=%s region=%s", remote->name,
            remote->account.region);
    return address_make(&remote->address, &remote->place, &remote->account) == 0;
}

static bool renew_token(struct remote *remote, struct flight *flight)
{
    if (remote->token == NULL || flight->tried_token)
        return false;
    flight->tried_token = true;
    if (flight->token_number == remote->token_number)
        token_drop(remote->token);
    return true;
}

/* A refusal that may be due to the checksum headers. Whether it was is known when the call goes through without. */
static bool try_without_checksums(const struct remote *remote, struct flight *flight,
                                  const struct store_result *result)
{
    bool suspect = result->outcome == STORE_UNSUPPORTED ||
                   (result->outcome == STORE_REFUSED && flight->answer.about_checksum);
    if (!suspect || result->http_status < 400 || !flight->sent_checksums ||
        flight->tried_checksums || remote->has_checksums[flight->call->op.verb])
        return false;
    flight->tried_checksums = true;
    return true;
}

/* Another call may have learnt the region meanwhile: what counts is what this one was signed for. */
static bool may_be_elsewhere(const struct flight *flight, const struct store_result *result)
{
    const char *said = flight->answer.region;
    return result->outcome == STORE_WRONG_REGION ||
           (result->http_status == 400 && said[0] && strcmp(said, flight->region) != 0);
}

bool remote_mend(struct remote *remote, struct flight *flight)
{
    const struct store_result *result = &flight->call->result;
    if (flight->cancelled)
        return false;
    if (may_be_skewed(flight, result))
        return learn_skew(remote, flight);
    if (may_be_elsewhere(flight, result))
        return learn_region(remote, flight);
    if (result->outcome == STORE_DENIED && result->http_status == 401)
        return renew_token(remote, flight);
    return try_without_checksums(remote, flight, result);
}

void remote_note_checksums(struct remote *remote, const struct flight *flight)
{
    enum store_verb verb = flight->call->op.verb;
    enum store_outcome outcome = flight->call->result.outcome;
    bool through = outcome == STORE_FINE || outcome == STORE_EXISTS || outcome == STORE_ABSENT;
    if (through && flight->tried_checksums)
        remote->no_checksums[verb] = true;
    else if (through && flight->sent_checksums)
        remote->has_checksums[verb] = true;
}

/* ---- why a HEAD was refused: its answer has no body -------------------------------------------- */

static td_err drop_bytes(void *arg, const void *data, size_t bytes)
{
    (void)arg, (void)data, (void)bytes;
    return 0;
}

static bool is_mute(const struct flight *flight)
{
    const struct store_result *result = &flight->call->result;
    int status = result->http_status;
    return !flight->asks_why && !flight->tried_why && !flight->cancelled &&
           strcmp(flight->exchange.method, "HEAD") == 0 && result->code[0] == 0 &&
           result->outcome != STORE_LOST &&
           (status == 301 || status == 307 || status == 400 || status == 401 || status == 403);
}

bool remote_wants_why(struct flight *flight)
{
    if (!is_mute(flight))
        return false;
    flight->tried_why = true;
    flight->asks_why = true;
    flight->why = (struct store_op){
        .verb = STORE_GET, .key = flight->call->op.key, .bytes = 1, .sink = {.take = drop_bytes}};
    return true;
}

/* What the GET was told is why the HEAD failed, unless it was told nothing. */
void remote_adopt_why(struct flight *flight)
{
    const struct store_result *why = &flight->why_result;
    struct store_result *result = &flight->call->result;
    flight->asks_why = false;
    if (why->code[0] == 0)
        return;
    result->outcome = why->outcome;
    memcpy(result->code, why->code, sizeof result->code);
    memcpy(result->words, why->words, sizeof result->words);
}
