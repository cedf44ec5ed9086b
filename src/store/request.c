#include "store/request.h"

#include <inttypes.h>
#include <mbedtls/base64.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/digest.h"
#include "store/sign.h"

enum {
    QUERY_MAX = 8,
    HEADER_MAX = 20,
    PAIR_ROOM = 2 * PLACE_KEY_MAX + 2048,
    PATH_CAP = PLACE_BUCKET_MAX + PLACE_KEY_MAX + 2
};

/* What differs between the dialects' headers. */
static const struct {
    const char *date, *payload, *meta;
} words[] = {
    [STORE_AWS4] = {"x-amz-date", "x-amz-content-sha256", "x-amz-meta-tape-"},
    [STORE_GOOG4] = {"x-goog-date", "x-goog-content-sha256", "x-goog-meta-tape-"},
};

/* A request as it is put together. Values that are made stand in room. */
struct draft {
    const struct request_scene *scene;
    const struct store_op *op;
    char path[PATH_CAP]; /* as it is signed */
    struct sign_pair query[QUERY_MAX + 1], header[HEADER_MAX + 1];
    size_t queries, headers;
    struct td_str room;
    char bytes[PAIR_ROOM];
    char payload[65];
    td_err err;
};

static void add(struct sign_pair *pairs, size_t *count, size_t most, const char *name,
                const char *value)
{
    TD_ASSERT(*count < most, "a request has a known number of parts");
    pairs[*count] = (struct sign_pair){name, value};
    pairs[++*count] = (struct sign_pair){NULL, NULL};
}

static void query(struct draft *draft, const char *name, const char *value)
{
    add(draft->query, &draft->queries, QUERY_MAX, name, value);
}

static void header(struct draft *draft, const char *name, const char *value)
{
    for (const char *at = value; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 127)
            draft->err = TD_E_SYNTAX;
    add(draft->header, &draft->headers, HEADER_MAX, name, value);
}

/* A text that lives as long as the draft. */
static const char *kept(struct draft *draft, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static const char *kept(struct draft *draft, const char *format, ...)
{
    va_list args;
    char *at = draft->room.at + draft->room.bytes;
    size_t room = draft->room.cap - draft->room.bytes;
    va_start(args, format);
    int bytes = vsnprintf(at, room, format, args);
    va_end(args);
    if (bytes < 0 || (size_t)bytes + 1 >= room) {
        draft->err = TD_E_RANGE;
        return "";
    }
    draft->room.bytes += (size_t)bytes + 1;
    return at;
}

static bool is_google(const struct draft *draft)
{
    return draft->scene->account->dialect == STORE_GOOG4;
}

/* ---- what each verb adds --------------------------------------------------------------------- */

static const char *crc32c_text(struct draft *draft, const struct store_identity *identity)
{
    unsigned char raw[4], text[9];
    size_t bytes;
    for (size_t i = 0; i < sizeof raw; i++)
        raw[i] = (unsigned char)(identity->crc32c >> (24 - 8 * i));
    TD_ASSERT(mbedtls_base64_encode(text, sizeof text, &bytes, raw, sizeof raw) == 0,
              "8 letters and a NUL");
    return kept(draft, "%s", (const char *)text);
}

/* GCS refuses requests that have headers of both kinds, and knows none of the checksums of S3. */
static bool has_amz_checksums(const struct draft *draft)
{
    return !is_google(draft) && draft->scene->place->kind != PLACE_GCS &&
           !draft->scene->no_checksums;
}

static void add_checksum(struct draft *draft, const struct store_identity *identity)
{
    const char *sum = crc32c_text(draft, identity);
    if (is_google(draft))
        header(draft, "x-goog-hash", kept(draft, "crc32c=%s", sum));
    else if (has_amz_checksums(draft))
        header(draft, "x-amz-checksum-crc32c", sum);
}

static void add_metadata(struct draft *draft)
{
    const struct store_identity *identity = &draft->op->identity;
    const char *type = draft->op->content_type;
    const char *meta = words[draft->scene->account->dialect].meta;
    char hex[65];
    identity_hex(identity->sha256, hex);
    header(draft, "content-type", type ? type : "application/octet-stream");
    header(draft, kept(draft, "%sbytes", meta), kept(draft, "%" PRId64, identity->bytes));
    header(draft, kept(draft, "%scrc32c", meta), kept(draft, "%08x", (unsigned)identity->crc32c));
    header(draft, kept(draft, "%ssha256", meta), kept(draft, "%s", hex));
}

/* GCS's interoperable mode drops If-None-Match without a word; its completion of parts knows no condition at all. */
static void add_condition(struct draft *draft)
{
    if (!draft->op->only_if_absent)
        return;
    if (!is_google(draft))
        header(draft, "if-none-match", "*");
    else if (draft->op->verb == STORE_PUT)
        header(draft, "x-goog-if-generation-match", "0");
}

static void get(struct draft *draft)
{
    const struct store_op *op = draft->op;
    if (op->at == 0 && op->bytes < 0) {
        if (has_amz_checksums(draft))
            header(draft, "x-amz-checksum-mode", "ENABLED");
    } else if (op->at < 0) {
        header(draft, "range", kept(draft, "bytes=-%" PRId64, op->bytes));
    } else if (op->bytes < 0) {
        header(draft, "range", kept(draft, "bytes=%" PRId64 "-", op->at));
    } else {
        header(draft, "range",
               kept(draft, "bytes=%" PRId64 "-%" PRId64, op->at, op->at + op->bytes - 1));
    }
}

static void list(struct draft *draft)
{
    const struct store_op *op = draft->op;
    char whole[PLACE_KEY_MAX];
    if (!place_key(draft->scene->place, op->verb == STORE_PROBE ? "" : op->key, whole))
        draft->err = TD_E_RANGE;
    query(draft, "list-type", "2");
    query(draft, "encoding-type", "url");
    query(draft, "max-keys",
          op->verb == STORE_PROBE ? "1" : kept(draft, "%d", (int)STORE_LIST_MAX));
    if (whole[0])
        query(draft, "prefix", kept(draft, "%s", whole));
    if (op->verb == STORE_PROBE)
        return;
    if (op->delimiter)
        query(draft, "delimiter", op->delimiter);
    if (op->token) {
        query(draft, "continuation-token", op->token);
    } else if (op->start_after) {
        if (!place_key(draft->scene->place, op->start_after, whole))
            draft->err = TD_E_RANGE;
        query(draft, "start-after", kept(draft, "%s", whole));
    }
}

static void parts_open(struct draft *draft)
{
    query(draft, "uploads", "");
    add_metadata(draft);
    if (has_amz_checksums(draft)) {
        header(draft, "x-amz-checksum-algorithm", "CRC32C");
        header(draft, "x-amz-checksum-type", "FULL_OBJECT");
    }
}

static void parts_close(struct draft *draft)
{
    add_condition(draft);
    header(draft, "content-type", "application/xml");
    if (has_amz_checksums(draft)) {
        add_checksum(draft, &draft->op->identity);
        header(draft, "x-amz-checksum-type", "FULL_OBJECT");
    }
}

/* Method; the verb's own parameters and headers are added. */
static const char *add_verb(struct draft *draft)
{
    const struct store_op *op = draft->op;
    if (op->upload_id && op->verb >= STORE_PARTS_PUT && op->verb <= STORE_PARTS_DROP)
        query(draft, "uploadId", op->upload_id);
    switch (op->verb) {
    case STORE_HEAD:
        if (has_amz_checksums(draft))
            header(draft, "x-amz-checksum-mode", "ENABLED");
        return "HEAD";
    case STORE_GET:
        /* No range of HTTP is empty. */
        if (op->bytes == 0)
            return "HEAD";
        get(draft);
        return "GET";
    case STORE_PUT:
        add_metadata(draft);
        add_checksum(draft, &op->body_identity);
        add_condition(draft);
        return "PUT";
    case STORE_LIST:
    case STORE_PROBE:
        list(draft);
        return "GET";
    case STORE_PARTS_OPEN:
        parts_open(draft);
        return "POST";
    case STORE_PARTS_PUT:
        query(draft, "partNumber", kept(draft, "%u", (unsigned)op->part_number));
        add_checksum(draft, &op->body_identity);
        return "PUT";
    case STORE_PARTS_LIST:
        query(draft, "max-parts", kept(draft, "%d", (int)STORE_LIST_MAX));
        if (op->after_part)
            query(draft, "part-number-marker", kept(draft, "%u", (unsigned)op->after_part));
        return "GET";
    case STORE_PARTS_CLOSE:
        parts_close(draft);
        return "POST";
    case STORE_DELETE:
    case STORE_PARTS_DROP:
    default:
        return "DELETE";
    }
}

/* ---- the body -------------------------------------------------------------------------------- */

/* An ETag is the store's own text: quotes and what XML would trip over are escaped. */
static void add_escaped(struct td_str *str, const char *text)
{
    for (; *text; text++)
        if (strchr("&<>\"'", *text))
            td_str_add_format(str, "&#%d;", *text);
        else
            td_str_add_char(str, *text);
}

static td_err completion(const struct store_op *op, struct store_body *body, void **made)
{
    size_t cap = 128;
    for (uint32_t i = 0; i < op->part_count; i++)
        cap += 80 + strlen(op->part[i].etag) * 5;
    char *text = malloc(cap);
    TD_FAIL_IF(text == NULL, TD_E_NO_MEMORY);
    struct td_str str = td_str_on(text, cap);
    td_str_add(&str, "<CompleteMultipartUpload>");
    for (uint32_t i = 0; i < op->part_count; i++) {
        td_str_add_format(&str, "<Part><PartNumber>%u</PartNumber><ETag>",
                          (unsigned)op->part[i].number);
        add_escaped(&str, op->part[i].etag);
        td_str_add(&str, "</ETag></Part>");
    }
    td_str_add(&str, "</CompleteMultipartUpload>");
    TD_ASSERT(!str.cut, "room for every part");
    *body = (struct store_body){.data = text, .bytes = (int64_t)str.bytes};
    *made = text;
    return 0;
}

static td_err add_body(struct draft *draft, struct exchange *exchange, void **made)
{
    const struct store_op *op = draft->op;
    struct store_identity identity;
    exchange->body = (struct store_body){.bytes = 0};
    if (op->verb == STORE_PUT || op->verb == STORE_PARTS_PUT) {
        exchange->body = op->body;
        identity = op->body_identity;
    } else {
        if (op->verb == STORE_PARTS_CLOSE)
            TD_TRY(completion(op, &exchange->body, made));
        identity = digest_of(exchange->body.data, (size_t)exchange->body.bytes);
    }
    identity_hex(identity.sha256, draft->payload);
    return 0;
}

/* ---- put together ---------------------------------------------------------------------------- */

static td_err make_path(struct draft *draft)
{
    const struct store_op *op = draft->op;
    struct td_str str = td_str_on(draft->path, sizeof draft->path);
    char key[PLACE_KEY_MAX];
    td_str_add(&str, draft->scene->address->path);
    if (op->verb == STORE_LIST || op->verb == STORE_PROBE) {
        td_str_add(&str, str.bytes ? "" : "/");
    } else {
        TD_FAIL_IF(op->key[0] == 0 || !place_key(draft->scene->place, op->key, key), TD_E_RANGE);
        td_str_add_char(&str, '/');
        td_str_add(&str, key);
    }
    return str.cut ? TD_E_RANGE : 0;
}

static td_err make_url(const struct draft *draft, struct exchange *exchange)
{
    struct td_str str = td_str_on(exchange->url, sizeof exchange->url);
    char encoded[EXCHANGE_URL_MAX];
    td_str_add(&str, draft->scene->address->origin);
    TD_FAIL_IF(!sign_encode(draft->path, true, encoded, sizeof encoded), TD_E_RANGE);
    td_str_add(&str, encoded);
    for (size_t i = 0; i < draft->queries; i++) {
        td_str_add_format(&str, "%c%s", i ? '&' : '?', draft->query[i].name);
        if (draft->query[i].value[0] == 0)
            continue;
        TD_FAIL_IF(!sign_encode(draft->query[i].value, false, encoded, sizeof encoded), TD_E_RANGE);
        td_str_add_char(&str, '=');
        td_str_add(&str, encoded);
    }
    return str.cut ? TD_E_RANGE : 0;
}

/* Date and sum of the body are part of what is signed; with a bearer token they cost nothing and the sum is still checked. */
static td_err add_authority(struct draft *draft, const char *method, char *out, size_t cap)
{
    const struct request_scene *scene = draft->scene;
    struct td_str str = td_str_on(out, cap);
    char date[SIGN_DATE_MAX];
    out[0] = 0;
    header(draft, "host", scene->address->host);
    if (scene->account->anonymous && scene->bearer == NULL)
        return draft->err;
    sign_date(scene->wall_ns, date);
    header(draft, words[scene->account->dialect].date, kept(draft, "%s", date));
    header(draft, words[scene->account->dialect].payload, draft->payload);
    if (scene->bearer != NULL) {
        td_str_add_format(&str, "Bearer %s", scene->bearer);
        return draft->err < 0 ? draft->err : str.cut ? TD_E_RANGE : 0;
    }
    if (scene->account->session_token[0] && !is_google(draft))
        header(draft, "x-amz-security-token", scene->account->session_token);
    TD_TRY(draft->err);
    struct sign_request request = {.method = method,
                                   .path = draft->path,
                                   .query = draft->query,
                                   .header = draft->header,
                                   .payload = draft->payload,
                                   .wall_ns = scene->wall_ns};
    return sign_authorization(scene->account, &request, out, cap);
}

static td_err make_headers(struct draft *draft, struct exchange *exchange)
{
    char authority[ACCOUNT_TOKEN_MAX + 512];
    TD_TRY(add_authority(draft, exchange->method, authority, sizeof authority));
    if (authority[0])
        header(draft, "authorization", authority);
    struct td_str str = td_str_on(exchange->headers, sizeof exchange->headers);
    for (size_t i = 0; i < draft->headers; i++)
        td_str_add_format(&str, "%s: %s\n", draft->header[i].name, draft->header[i].value);
    return draft->err < 0 ? draft->err : str.cut ? TD_E_RANGE : 0;
}

td_err request_make(const struct request_scene *scene, const struct store_op *op,
                    struct exchange *exchange, void **made, bool *sent_checksums)
{
    struct draft draft = {.scene = scene, .op = op};
    draft.room = td_str_on(draft.bytes, sizeof draft.bytes);
    *made = NULL;
    *sent_checksums = false;
    TD_TRY(make_path(&draft));
    const char *method = add_verb(&draft);
    td_text_copy(exchange->method, sizeof exchange->method, method, strlen(method));
    for (size_t i = 0; i < draft.headers; i++)
        if (strncmp(draft.header[i].name, "x-amz-checksum-", strlen("x-amz-checksum-")) == 0)
            *sent_checksums = true;
    TD_TRY(draft.err);
    TD_TRY(add_body(&draft, exchange, made));
    td_err err = make_url(&draft, exchange);
    if (err == 0)
        err = make_headers(&draft, exchange);
    if (err < 0) {
        free(*made);
        *made = NULL;
    }
    return err;
}
