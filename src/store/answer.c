#include "store/answer.h"

#include <stdio.h>
#include <string.h>

#include "base/crc.h"
#include "base/text.h"
#include "net/http.h"
#include "store/answer_head.h"
#include "store/answer_xml.h"
#include "store/verdict.h"

/* ---- an object's bytes ----------------------------------------------------------------------- */

static td_err broken(struct answer *answer, enum store_outcome outcome, const char *words)
{
    answer->broken = outcome;
    td_text_copy(answer->message, sizeof answer->message, words, strlen(words));
    return TD_E_NET_PROTOCOL;
}

/* The bytes [from, to] that [at, at + bytes) means for an object of `total` bytes. */
static void wanted_range(const struct store_op *op, int64_t total, int64_t *from, int64_t *to)
{
    *from = op->at >= 0 ? op->at : op->bytes < total ? total - op->bytes : 0;
    *to = op->at < 0 || op->bytes < 0 || op->bytes > total - op->at ? total - 1
                                                                    : op->at + op->bytes - 1;
}

static td_err begin_part(struct answer *answer)
{
    struct answer_range range;
    struct store_result *result = answer->result;
    int64_t from, to;
    if (!answer_head_range(answer->exchange, &range))
        return broken(answer, STORE_DAMAGED, "the store does not say which bytes it sends");
    wanted_range(answer->op, range.total, &from, &to);
    if (range.from != from || range.to != to)
        return broken(answer, STORE_DAMAGED, "the store sends other bytes than were asked for");
    answer->expected_bytes = to - from + 1;
    answer->whole = answer->expected_bytes == range.total;
    result->bytes = range.total;
    return 0;
}

static td_err begin_all(struct answer *answer)
{
    const struct store_op *op = answer->op;
    int64_t total = answer->exchange->content_length;
    bool asked_all = op->at == 0 && (op->bytes < 0 || (total >= 0 && op->bytes >= total));
    bool asked_tail = op->at < 0 && total >= 0 && op->bytes >= total;
    if (!asked_all && !asked_tail)
        return broken(answer, STORE_UNSUPPORTED, "the store sends all of an object for a part");
    answer->expected_bytes = total;
    answer->whole = true;
    answer->result->bytes = total;
    return 0;
}

static td_err begin_object(struct answer *answer)
{
    answer->body = ANSWER_OBJECT;
    answer_head_object(answer->exchange, answer->result);
    if (answer->result->has_sha256) {
        mbedtls_sha256_init(&answer->sha256);
        TD_ASSERT(mbedtls_sha256_starts(&answer->sha256, 0) == 0, "SHA-256 needs nothing");
    }
    /* Some say 200 of a part as well. */
    bool is_part = answer->exchange->status == 206 ||
                   exchange_header(answer->exchange, "content-range") != NULL;
    TD_TRY(is_part ? begin_part(answer) : begin_all(answer));
    int64_t said = answer->exchange->content_length;
    if (said >= 0 && said != answer->expected_bytes)
        return broken(answer, STORE_DAMAGED, "two lengths of one body");
    return 0;
}

static td_err take_object(struct answer *answer, const void *data, size_t bytes)
{
    answer->passed_bytes += (int64_t)bytes;
    if (answer->expected_bytes >= 0 && answer->passed_bytes > answer->expected_bytes)
        return broken(answer, STORE_DAMAGED, "more bytes than were announced");
    if (answer->whole) {
        answer->crc32c = td_crc32c(answer->crc32c, data, bytes);
        if (answer->result->has_sha256)
            TD_ASSERT(mbedtls_sha256_update(&answer->sha256, data, bytes) == 0,
                      "SHA-256 needs nothing");
    }
    answer->sink_err = answer->op->sink.take(answer->op->sink.arg, data, bytes);
    return answer->sink_err;
}

static bool is_success(const struct answer *answer)
{
    return answer->exchange->status >= 200 && answer->exchange->status < 300;
}

static bool wants_object(const struct answer *answer)
{
    return answer->op->verb == STORE_GET && answer->op->bytes != 0 && is_success(answer);
}

static td_err take(void *arg, const void *data, size_t bytes)
{
    struct answer *answer = arg;
    if (bytes == 0)
        return 0;
    if (answer->body == ANSWER_NOTHING_YET) {
        if (wants_object(answer))
            TD_TRY(begin_object(answer));
        else
            answer_xml_begin(answer);
    }
    if (answer->body == ANSWER_OBJECT)
        return take_object(answer, data, bytes);
    answer_xml_take(answer, data, bytes);
    return 0;
}

void answer_begin(struct answer *answer, const struct place *place, const struct store_op *op,
                  struct exchange *exchange, struct store_result *result)
{
    memset(answer, 0, sizeof *answer);
    memset(result, 0, sizeof *result);
    answer->place = place;
    answer->op = op;
    answer->exchange = exchange;
    answer->result = result;
    exchange->take = take;
    exchange->take_arg = answer;
}

/* ---- what it comes to ------------------------------------------------------------------------ */

static void end_with(struct answer *answer, enum store_outcome outcome, td_err err,
                     const char *words)
{
    answer->result->outcome = outcome;
    answer->result->err = err;
    answer_head_words(answer->result->words, words);
}

/* What the other side wrote: code and message, or the bare status. */
static void end_refused(struct answer *answer)
{
    struct store_result *result = answer->result;
    char words[STORE_WORDS_MAX + STORE_CODE_MAX + 2];
    int status = answer->exchange->status;
    if (result->code[0])
        snprintf(words, sizeof words, "%s%s%s", result->code, answer->message[0] ? ": " : "",
                 answer->message);
    else
        snprintf(words, sizeof words, "HTTP status %d", status);
    end_with(answer, verdict_of(answer->op, status, result->code, answer->message), 0, words);
    answer->about_checksum = verdict_mentions(words, "checksum");
    /* To delete what is not there went well. */
    if (result->outcome == STORE_FINE)
        result->code[0] = result->words[0] = 0;
}

/* A range behind the end: nothing is there, and that is no error. */
static bool is_behind_the_end(struct answer *answer)
{
    int64_t total = answer->exchange->status == 416 && answer->op->verb == STORE_GET
                        ? answer_head_unsatisfied(answer->exchange)
                        : -1;
    /* Most do not say the size then; but only in an empty object is the first byte behind the end. */
    if (total < 0 && answer->exchange->status == 416 && answer->op->verb == STORE_GET &&
        answer->op->at == 0)
        total = 0;
    if (total < 0 || (answer->op->at < total && total > 0))
        return false;
    answer_head_object(answer->exchange, answer->result);
    answer->result->code[0] = 0;
    answer->result->bytes = total;
    return true;
}

/* A store may keep a wrong sum beside right bytes (docs/STORES.md): then they are what their writer said of them. */
static bool is_as_written(const struct answer *answer)
{
    const struct store_result *result = answer->result;
    return result->has_identity && result->identity.bytes == answer->passed_bytes &&
           result->identity.crc32c == answer->crc32c;
}

static void end_object(struct answer *answer)
{
    struct store_result *result = answer->result;
    uint8_t sha256[32];
    if (answer->expected_bytes >= 0 && answer->passed_bytes < answer->expected_bytes) {
        end_with(answer, STORE_DAMAGED, 0, "fewer bytes than were announced");
        return;
    }
    if (!answer->whole)
        return;
    if (answer->expected_bytes < 0)
        result->bytes = answer->passed_bytes;
    bool equal = !result->has_crc32c || answer->crc32c == result->crc32c;
    if (result->has_sha256) {
        TD_ASSERT(mbedtls_sha256_finish(&answer->sha256, sha256) == 0, "SHA-256 needs nothing");
        equal = equal && memcmp(sha256, result->sha256, sizeof sha256) == 0;
    }
    if (!equal && !is_as_written(answer))
        end_with(answer, STORE_DAMAGED, 0, "the bytes are not those of the store's own sum");
}

static void end_page(struct answer *answer)
{
    struct store_result *result = answer->result;
    bool shown = true;
    bool is_list = answer->op->verb == STORE_LIST;
    td_err err = is_list ? listing_show(&answer->listing, answer->place, answer->op,
                                        answer->is_encoded, &shown)
                         : listing_show_parts(&answer->listing, answer->op);
    if (err < 0 && shown)
        end_with(answer, STORE_LOCAL, err, td_err_text(err));
    else if (err < 0)
        end_with(answer, STORE_UNSUPPORTED, 0, "the store lists names that were not asked for");
    else if (is_list && answer->is_truncated)
        td_text_copy(result->token, sizeof result->token, answer->token, strlen(answer->token));
    /* Said at the end of a list too. */
    if (!answer->is_truncated)
        result->next_part = 0;
}

/* There is more, but not where: without this a cut list would pass for a whole one. */
static bool is_dead_end(const struct answer *answer)
{
    if (!answer->is_truncated)
        return false;
    const struct store_op *op = answer->op;
    if (op->verb == STORE_PARTS_LIST)
        return answer->result->next_part <= op->after_part;
    return answer->token[0] == 0 || (op->token && strcmp(op->token, answer->token) == 0);
}

static void end_document(struct answer *answer)
{
    /* How it begins: it goes on with Result, elsewhere with Response or with nothing. */
    static const char *const roots[STORE_VERBS] = {
        [STORE_LIST] = "ListBucket",
        [STORE_PROBE] = "ListBucket",
        [STORE_PARTS_OPEN] = "InitiateMultipartUpload",
        [STORE_PARTS_LIST] = "ListParts",
        [STORE_PARTS_CLOSE] = "CompleteMultipartUpload",
    };
    const struct store_op *op = answer->op;
    const char *root = roots[op->verb];
    if (root == NULL)
        return;
    td_err err = answer->body == ANSWER_DOCUMENT ? answer->xml_err : TD_E_END;
    if (err == TD_E_NO_MEMORY)
        end_with(answer, STORE_LOCAL, err, td_err_text(err));
    else if (err == TD_E_RANGE)
        end_with(answer, STORE_UNSUPPORTED, 0, "the store's answer is larger than any should be");
    else if (err < 0)
        end_with(answer, STORE_LOST, TD_E_NET_PROTOCOL, "the store's answer is not whole");
    else if (strncmp(answer->root, root, strlen(root)) != 0 ||
             (op->verb == STORE_PARTS_OPEN && answer->result->upload_id[0] == 0))
        end_with(answer, STORE_UNSUPPORTED, 0, "the store answers what was not asked");
    else if ((op->verb == STORE_LIST || op->verb == STORE_PARTS_LIST) && is_dead_end(answer))
        end_with(answer, STORE_UNSUPPORTED, 0,
                 "the store has more to list and does not say how to go on");
    else if (op->verb == STORE_LIST || op->verb == STORE_PARTS_LIST)
        end_page(answer);
}

static void end_success(struct answer *answer)
{
    const struct store_op *op = answer->op;
    struct store_result *result = answer->result;
    if (answer->is_error) {
        end_refused(answer);
        return;
    }
    if (op->verb == STORE_HEAD || (op->verb == STORE_GET && op->bytes == 0)) {
        answer_head_object(answer->exchange, result);
        result->bytes = answer->exchange->content_length;
        if (result->bytes < 0)
            end_with(answer, STORE_UNSUPPORTED, 0, "the store does not say how large it is");
    } else if (op->verb == STORE_GET) {
        if (answer->body == ANSWER_NOTHING_YET && begin_object(answer) < 0)
            end_with(answer, answer->broken, 0, answer->message);
        else
            end_object(answer);
    } else {
        answer_head_object(answer->exchange, result);
        end_document(answer);
    }
}

/* The exchange broke off, at our side or theirs. False: it is not an error that decides. */
static bool end_broken(struct answer *answer)
{
    const struct exchange *exchange = answer->exchange;
    if (answer->sink_err < 0)
        end_with(answer, STORE_LOCAL, answer->sink_err, td_err_text(answer->sink_err));
    else if (answer->broken != STORE_FINE)
        end_with(answer, answer->broken, 0, answer->message);
    else if (exchange->err == TD_E_NET_CERT)
        end_with(answer, STORE_UNTRUSTED, exchange->err, exchange->words);
    else if (exchange->err == TD_E_IO || exchange->err == TD_E_END ||
             exchange->err == TD_E_NO_MEMORY)
        end_with(answer, STORE_LOCAL, exchange->err,
                 exchange->words[0] ? exchange->words : td_err_text(exchange->err));
    /* Half an answer is none, whatever its status: what it would have gone on to say may matter. */
    else if (exchange->err < 0 || exchange->status < 200)
        end_with(answer, STORE_LOST, exchange->err < 0 ? exchange->err : TD_E_NET_CLOSED,
                 exchange->words[0] ? exchange->words : "no answer");
    else
        return false;
    return true;
}

static void read_clock(struct answer *answer)
{
    int64_t date_ns = 0;
    const char *date = exchange_header(answer->exchange, "date");
    if (date && http_date(date, &date_ns) && answer->server_ns == 0)
        answer->server_ns = date_ns;
    if (!is_success(answer))
        answer->result->retry_after_ms = exchange_retry_after_ms(answer->exchange);
}

void answer_end(struct answer *answer)
{
    const struct exchange *exchange = answer->exchange;
    struct store_result *result = answer->result;
    const char *region = exchange_header(exchange, "x-amz-bucket-region");
    answer_xml_end(answer);
    result->http_status = exchange->status;
    result->sent_bytes = exchange->sent_bytes;
    result->got_bytes = exchange->got_bytes;
    if (region && answer->region[0] == 0)
        td_text_copy(answer->region, sizeof answer->region, region, strlen(region));
    read_clock(answer);
    if (!end_broken(answer)) {
        if (is_success(answer))
            end_success(answer);
        else if (!is_behind_the_end(answer))
            end_refused(answer);
    }
    if (answer->body == ANSWER_OBJECT && answer->result->has_sha256)
        mbedtls_sha256_free(&answer->sha256);
    listing_close(&answer->listing);
}
