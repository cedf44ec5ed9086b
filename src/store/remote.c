#include "store/remote.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "net/http.h"
#include "store/remote_inside.h"
#include "store/request.h"

enum { CONNECT_S = 10, READ_S = 60 };

static void push(struct queue *queue, struct flight *flight)
{
    flight->next = NULL;
    *queue->last = flight;
    queue->last = &flight->next;
}

/* All of it; the queue is empty then. */
static struct flight *take_all(struct queue *queue)
{
    struct flight *first = queue->first;
    queue->first = NULL;
    queue->last = &queue->first;
    return first;
}

static int64_t store_now_ns(const struct remote *remote)
{
    return remote->os->clock.wall_ns(remote->os->clock.ctx) + remote->skew_ns;
}

/* ---- the end of a call ----------------------------------------------------------------------- */

static void finish(struct remote *remote, struct flight *flight)
{
    struct store_call *call = flight->call;
    call->result.sent_bytes += flight->sent_bytes;
    call->result.got_bytes += flight->got_bytes;
    /* A connection, or the machine at its other end, that failed once is not asked a second time. */
    bool failed = call->result.outcome == STORE_LOST || call->result.outcome == STORE_AGAIN;
    if (failed && remote->fresh < remote->calls_max)
        remote->fresh++;
    flight->next = remote->unused;
    remote->unused = flight;
    remote->under_way--;
    call->next = NULL;
    *remote->done_last = call;
    remote->done_last = &call->next;
}

static void finish_with(struct remote *remote, struct flight *flight, enum store_outcome outcome,
                        td_err err, const char *words)
{
    struct store_result *result = &flight->call->result;
    *result = (struct store_result){.outcome = outcome, .err = err};
    td_text_copy(result->words, sizeof result->words, words, strlen(words));
    finish(remote, flight);
}

/* ---- asking ---------------------------------------------------------------------------------- */

static void ask_token(struct remote *remote)
{
    if (remote->token_asked)
        return;
    memset(remote->token_exchange, 0, sizeof *remote->token_exchange);
    remote->token_exchange->content_length = -1;
    remote->token_exchange->tag = remote;
    td_err err = token_ask(remote->token, store_now_ns(remote), remote->token_exchange);
    if (err == 0) {
        remote->token_asked = true;
        remote->carrier.begin(remote->carrier.ctx, remote->token_exchange);
        return;
    }
    for (struct flight *at = take_all(&remote->for_token), *next; at; at = next) {
        next = at->next;
        finish_with(remote, at, STORE_LOCAL, err, td_err_text(err));
    }
}

static bool leaves_out_checksums(const struct remote *remote, const struct flight *flight,
                                 enum store_verb verb)
{
    /* The parts of an upload that was begun without are sent without. */
    bool is_upload = verb >= STORE_PARTS_PUT && verb <= STORE_PARTS_CLOSE;
    return flight->tried_checksums || remote->no_checksums[verb] ||
           (is_upload && remote->no_checksums[STORE_PARTS_OPEN]);
}

static void send(struct remote *remote, struct flight *flight, const char *bearer)
{
    struct exchange *exchange = &flight->exchange;
    const struct store_op *op = flight->asks_why ? &flight->why : &flight->call->op;
    memset(exchange, 0, sizeof *exchange);
    exchange->content_length = -1;
    exchange->tag = flight;
    answer_begin(&flight->answer, &remote->place, op, exchange,
                 flight->asks_why ? &flight->why_result : &flight->call->result);
    flight->wall_ns = store_now_ns(remote);
    flight->token_number = remote->token_number;
    memcpy(flight->region, remote->account.region, sizeof flight->region);
    struct request_scene scene = {.place = &remote->place,
                                  .account = &remote->account,
                                  .address = &remote->address,
                                  .bearer = bearer,
                                  .wall_ns = flight->wall_ns,
                                  .no_checksums = leaves_out_checksums(remote, flight, op->verb)};
    td_err err = request_make(&scene, op, exchange, &flight->made, &flight->sent_checksums);
    if (err < 0) {
        bool ours = err == TD_E_NO_MEMORY;
        finish_with(remote, flight, ours ? STORE_LOCAL : STORE_REFUSED, err,
                    ours ? td_err_text(err) : "the name or a header is more than a store takes");
        return;
    }
    exchange->fresh = remote->fresh > 0;
    remote->fresh -= exchange->fresh;
    remote->carrier.begin(remote->carrier.ctx, exchange);
}

static void start(struct remote *remote, struct flight *flight)
{
    const char *bearer = NULL;
    if (remote->token != NULL) {
        bearer = token_now(remote->token, store_now_ns(remote));
        if (bearer == NULL) {
            push(&remote->for_token, flight);
            ask_token(remote);
            return;
        }
    }
    send(remote, flight, bearer);
}

static void submit(void *ctx, struct store_call *call)
{
    struct remote *remote = ctx;
    struct flight *flight = remote->unused;
    TD_ASSERT(flight != NULL, "no more calls than were said at remote_open()");
    remote->unused = flight->next;
    remote->under_way++;
    memset(flight, 0, sizeof *flight);
    flight->call = call;
    memset(&call->result, 0, sizeof call->result);
    start(remote, flight);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void land(struct remote *remote, struct flight *flight)
{
    answer_end(&flight->answer);
    free(flight->made);
    flight->made = NULL;
    if (flight->asks_why)
        remote_adopt_why(flight);
    if (remote_mend(remote, flight) || remote_wants_why(flight)) {
        flight->sent_bytes += flight->exchange.sent_bytes;
        flight->got_bytes += flight->exchange.got_bytes;
        start(remote, flight);
        return;
    }
    remote_note_checksums(remote, flight);
    finish(remote, flight);
}

/* The endpoint says that our claim is from another time: once a token, by its Date. */
static bool learn_token_skew(struct remote *remote)
{
    int64_t date_ns;
    const char *date = exchange_header(remote->token_exchange, "date");
    if (remote->token_skewed || date == NULL || !http_date(date, &date_ns))
        return false;
    remote->token_skewed = true;
    remote_set_clock(remote, date_ns - remote->os->clock.wall_ns(remote->os->clock.ctx));
    return true;
}

static void land_token(struct remote *remote)
{
    struct store_result result = {.outcome = STORE_FINE};
    remote->token_asked = false;
    enum store_outcome outcome =
        token_take(remote->token, remote->token_exchange, store_now_ns(remote), &result);
    result.outcome = outcome;
    if (outcome == STORE_SKEWED && learn_token_skew(remote)) {
        ask_token(remote);
        return;
    }
    if (outcome == STORE_FINE && token_now(remote->token, store_now_ns(remote)) == NULL) {
        static const char words[] = "the token that was given holds too short a time to be used";
        result.outcome = outcome = STORE_DENIED;
        memcpy(result.words, words, sizeof words);
    }
    if (outcome == STORE_FINE) {
        remote->token_number++;
        remote->token_skewed = false; /* the clock may be set before the next */
    }
    for (struct flight *at = take_all(&remote->for_token), *next; at; at = next) {
        next = at->next;
        if (outcome != STORE_FINE || at->cancelled) {
            at->call->result = result;
            if (outcome == STORE_FINE)
                at->call->result.outcome = STORE_LOST;
            finish(remote, at);
        } else {
            start(remote, at);
        }
    }
}

static struct store_call *take_done(struct remote *remote)
{
    struct store_call *call = remote->done;
    if (call == NULL)
        return NULL;
    remote->done = call->next;
    if (remote->done == NULL)
        remote->done_last = &remote->done;
    call->next = NULL;
    return call;
}

static struct store_call *wait_for(void *ctx, int timeout_ms)
{
    struct remote *remote = ctx;
    const struct td_clock *clock = &remote->os->clock;
    int64_t until_ns = clock->mono_ns(clock->ctx) + timeout_ms * TD_NS_PER_MS;
    for (int left_ms = timeout_ms;;) {
        struct store_call *call = take_done(remote);
        if (call != NULL || remote->under_way == 0)
            return call;
        struct exchange *exchange = remote->carrier.wait(remote->carrier.ctx, left_ms);
        if (exchange == NULL)
            return NULL;
        if (exchange->tag == remote)
            land_token(remote);
        else
            land(remote, exchange->tag);
        if (timeout_ms >= 0) {
            int64_t left_ns = until_ns - clock->mono_ns(clock->ctx);
            left_ms = left_ns > 0 ? (int)(left_ns / TD_NS_PER_MS) : 0;
        }
    }
}

static void cancel(void *ctx)
{
    struct remote *remote = ctx;
    for (unsigned i = 0; i < remote->calls_max; i++)
        remote->flights[i].cancelled = true;
    remote->carrier.cancel(remote->carrier.ctx);
}

static void close_store(void *ctx)
{
    struct remote *remote = ctx;
    if (remote->under_way > 0)
        cancel(remote);
    while (wait_for(remote, -1) != NULL)
        ;
    if (remote->own_carrier)
        remote->carrier.close(remote->carrier.ctx);
    if (remote->token != NULL)
        token_close(remote->token);
    account_forget(&remote->account);
    free(remote->token_exchange);
    free(remote->flights);
    free(remote);
}

/* ---- opening --------------------------------------------------------------------------------- */

static td_err open_carrier(struct remote *remote, const struct remote_params *params, FILE *errors)
{
    if (params->carrier != NULL) {
        remote->carrier = *params->carrier;
        return 0;
    }
    struct carrier_params wanted = {
        .ca_file = remote->account.ca_file,
        .exchanges_max = remote->calls_max + 1, /* the token's */
        .connect_s = params->connect_s ? params->connect_s : CONNECT_S,
        .read_s = params->read_s ? params->read_s : READ_S,
        .bytes_per_s = params->bytes_per_s,
    };
    TD_TRY(carrier_open(&wanted, errors, &remote->carrier));
    remote->own_carrier = true;
    return 0;
}

static td_err open_parts(struct remote *remote, const struct remote_params *params, FILE *errors)
{
    if (address_make(&remote->address, &remote->place, &remote->account) < 0) {
        fprintf(errors, "%s: the endpoint \"%s\" is not of the form https://host[:port]\n",
                remote->name, remote->account.endpoint);
        return TD_E_CONFIG;
    }
    if (remote->account.service_account[0]) {
        remote->token_exchange = calloc(1, sizeof *remote->token_exchange);
        TD_FAIL_IF(remote->token_exchange == NULL, TD_E_NO_MEMORY);
        TD_TRY(token_open(&remote->account, remote->os, errors, &remote->token));
    }
    return open_carrier(remote, params, errors);
}

/* Bucket names are one in all of a cloud. */
static bool is_clouds_own(const struct remote *remote)
{
    const char *end = remote->place.kind == PLACE_GCS ? ".googleapis.com" : ".amazonaws.com";
    size_t bytes = strlen(remote->account.endpoint), tail = strlen(end);
    return bytes > tail && strcmp(remote->account.endpoint + bytes - tail, end) == 0;
}

static void name_it(struct remote *remote)
{
    struct td_str str = td_str_on(remote->known_as, sizeof remote->known_as);
    TD_ASSERT(place_text(&remote->place, "", remote->name, sizeof remote->name), "room for both");
    td_str_add(&str, remote->name);
    if (!is_clouds_own(remote))
        td_str_add_format(&str, " at %s", remote->account.endpoint);
    TD_ASSERT(!str.cut, "room for both");
}

static struct remote *make(const struct remote_params *params)
{
    struct remote *remote = calloc(1, sizeof *remote);
    if (remote == NULL)
        return NULL;
    remote->place = params->place;
    remote->account = params->account;
    remote->os = params->os;
    remote->calls_max = params->calls_max;
    remote->for_token.last = &remote->for_token.first;
    remote->done_last = &remote->done;
    const char *region = params->account.dialect == STORE_GOOG4 || params->place.kind == PLACE_GCS
                             ? "auto"
                             : "us-east-1";
    if (remote->account.region[0] == 0)
        td_text_copy(remote->account.region, sizeof remote->account.region, region, strlen(region));
    name_it(remote);
    remote->flights = calloc(params->calls_max, sizeof *remote->flights);
    for (unsigned i = 0; remote->flights && i < params->calls_max; i++) {
        remote->flights[i].next = remote->unused;
        remote->unused = &remote->flights[i];
    }
    return remote;
}

td_err remote_open(const struct remote_params *params, FILE *errors, struct store *out)
{
    TD_ASSERT(params->calls_max >= 1 && params->calls_max <= 64, "1..64 calls");
    struct remote *remote = make(params);
    TD_FAIL_IF(remote == NULL, TD_E_NO_MEMORY);
    td_err err = remote->flights == NULL ? TD_E_NO_MEMORY : open_parts(remote, params, errors);
    if (err < 0) {
        close_store(remote);
        return err;
    }
    *out = (struct store){.submit = submit,
                          .wait = wait_for,
                          .cancel = cancel,
                          .close = close_store,
                          .ctx = remote,
                          .calls_max = params->calls_max,
                          .name = remote->name,
                          .known_as = remote->known_as};
    return 0;
}
