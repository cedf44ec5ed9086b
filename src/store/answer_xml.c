#include "store/answer_xml.h"

#include <string.h>
#include <strings.h>

#include "base/decimal.h"
#include "base/text.h"
#include "base/utc.h"
#include "store/answer_head.h"
#include "store/xml.h"

/* What the answers look like, as far as they are read:

     <ListBucketResult> <IsTruncated/> <NextContinuationToken/> <EncodingType/>
                        <Contents> <Key/> <Size/> </Contents>  <CommonPrefixes> <Prefix/> </CommonPrefixes>
     <ListPartsResult>  <IsTruncated/> <NextPartNumberMarker/> <Part> <PartNumber/> <Size/> <ETag/> </Part>
     <InitiateMultipartUploadResult> <UploadId/>
     <CompleteMultipartUploadResult> <ETag/>
     <Error> <Code/> <Message/> <Region/> <ServerTime/> */

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static td_err on_begin(void *arg, unsigned depth, const char *name)
{
    struct answer *answer = arg;
    if (depth == 0) {
        td_text_copy(answer->root, sizeof answer->root, name, strlen(name));
        answer->has_root = true;
        answer->is_error = is(name, "Error");
    }
    if (depth == 1) {
        td_text_copy(answer->section, sizeof answer->section, name, strlen(name));
        answer->key[0] = 0;
        answer->key_bytes = -1;
        answer->part = (struct store_part){.bytes = -1};
    }
    return 0;
}

/* Where a text that is cut would be another one. */
static td_err keep(char *out, size_t cap, const char *text, size_t bytes)
{
    return text && td_text_copy(out, cap, text, bytes) ? 0 : TD_E_RANGE;
}

static td_err number(const char *text, size_t bytes, int64_t most, int64_t *out)
{
    return text && td_integer_parse(text, bytes, out) == 0 && *out >= 0 && *out <= most
               ? 0
               : TD_E_SYNTAX;
}

/* ---- an error -------------------------------------------------------------------------------- */

static bool is_code(const char *text, size_t bytes)
{
    return bytes < STORE_CODE_MAX &&
           strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") ==
               bytes;
}

/* Half an error still says what it says: nothing here fails. */
static void error_part(struct answer *answer, const char *name, const char *text, size_t bytes)
{
    if (text == NULL)
        return;
    if (is(name, "Code") && is_code(text, bytes))
        td_text_copy(answer->result->code, sizeof answer->result->code, text, bytes);
    else if (is(name, "Message"))
        answer_head_words(answer->message, text);
    else if (is(name, "Region") && bytes < sizeof answer->region)
        td_text_copy(answer->region, sizeof answer->region, text, bytes);
    else if (is(name, "ServerTime"))
        (void)td_utc_parse(text, bytes, &answer->server_ns);
}

/* A cut list must not pass for a whole one: only "false" says that it is whole. */
static bool is_cut(const char *text)
{
    return text == NULL || strcasecmp(text, "false") != 0;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static td_err list_part(struct answer *answer, unsigned depth, const char *name, const char *text,
                        size_t bytes)
{
    bool is_prefix = is(answer->section, "CommonPrefixes");
    bool is_name = is(answer->section, "Contents");
    if (depth == 2 && ((is_name && is(name, "Key")) || (is_prefix && is(name, "Prefix"))))
        return keep(answer->key, sizeof answer->key, text, bytes);
    if (depth == 2 && is_name && is(name, "Size"))
        return number(text, bytes, INT64_MAX, &answer->key_bytes);
    if (depth != 1)
        return 0;
    if (is_name || is_prefix) {
        if (answer->key[0] == 0 || (is_name && answer->key_bytes < 0))
            return TD_E_SYNTAX;
        return listing_add(&answer->listing, answer->key, strlen(answer->key),
                           is_prefix ? 0 : answer->key_bytes, is_prefix);
    }
    if (is(name, "IsTruncated"))
        answer->is_truncated = is_cut(text);
    if (is(name, "EncodingType"))
        answer->is_encoded = text && is(text, "url");
    if (is(name, "NextContinuationToken"))
        return keep(answer->token, sizeof answer->token, text, bytes);
    return 0;
}

static td_err part_part(struct answer *answer, unsigned depth, const char *name, const char *text,
                        size_t bytes)
{
    int64_t value = 0;
    bool is_part = is(answer->section, "Part");
    if (depth == 2 && is_part && is(name, "PartNumber")) {
        TD_TRY(number(text, bytes, STORE_PARTS_MAX, &value));
        answer->part.number = (uint32_t)value;
    } else if (depth == 2 && is_part && is(name, "Size")) {
        return number(text, bytes, INT64_MAX, &answer->part.bytes);
    } else if (depth == 2 && is_part && is(name, "ETag")) {
        return keep(answer->part.etag, sizeof answer->part.etag, text, bytes);
    } else if (depth == 1 && is_part) {
        if (answer->part.number == 0 || answer->part.bytes < 0 || answer->part.etag[0] == 0)
            return TD_E_SYNTAX;
        return listing_add_part(&answer->listing, &answer->part);
    } else if (depth == 1 && is(name, "IsTruncated")) {
        answer->is_truncated = is_cut(text);
    } else if (depth == 1 && is(name, "NextPartNumberMarker") && bytes > 0) {
        TD_TRY(number(text, bytes, UINT32_MAX, &value));
        answer->result->next_part = (uint32_t)value;
    }
    return 0;
}

static td_err on_end(void *arg, unsigned depth, const char *name, const char *text, size_t bytes)
{
    struct answer *answer = arg;
    if (answer->is_error) {
        if (depth == 1)
            error_part(answer, name, text, bytes);
        return 0;
    }
    switch (answer->op->verb) {
    case STORE_LIST:
        return list_part(answer, depth, name, text, bytes);
    case STORE_PARTS_LIST:
        return part_part(answer, depth, name, text, bytes);
    case STORE_PARTS_OPEN:
        return depth == 1 && is(name, "UploadId")
                   ? keep(answer->result->upload_id, sizeof answer->result->upload_id, text, bytes)
                   : 0;
    default:
        return 0;
    }
}

/* ---- in steps -------------------------------------------------------------------------------- */

void answer_xml_begin(struct answer *answer)
{
    answer->body = ANSWER_DOCUMENT;
    answer->xml = xml_open(&(struct xml_events){on_begin, on_end, answer});
    if (answer->xml == NULL)
        answer->xml_err = TD_E_NO_MEMORY;
}

void answer_xml_take(struct answer *answer, const void *data, size_t bytes)
{
    if (answer->xml_err == 0)
        answer->xml_err = xml_feed(answer->xml, data, bytes);
}

void answer_xml_end(struct answer *answer)
{
    if (answer->xml == NULL)
        return;
    if (answer->xml_err == 0)
        answer->xml_err = xml_end(answer->xml);
    xml_close(answer->xml);
    answer->xml = NULL;
}
