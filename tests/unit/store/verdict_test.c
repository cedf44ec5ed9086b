#include "store/verdict.h"

#include "answer_rig.h"

static const struct {
    enum store_verb verb;
    int status;
    const char *code;
    enum store_outcome outcome;
} refusals[] = {
    {STORE_PUT, 500, "InternalError", STORE_AGAIN},
    {STORE_PUT, 502, "", STORE_AGAIN},
    {STORE_PUT, 503, "SlowDown", STORE_AGAIN},
    {STORE_PUT, 400, "RequestTimeout", STORE_AGAIN},
    {STORE_PUT, 408, "", STORE_AGAIN},
    {STORE_PUT, 429, "", STORE_AGAIN},
    {STORE_PUT, 409, "ConditionalRequestConflict", STORE_AGAIN},
    {STORE_PUT, 409, "ExistingObjectIsDirectory", STORE_REFUSED},
    {STORE_PUT, 412, "PreconditionFailed", STORE_EXISTS},
    {STORE_PUT, 400, "BadDigest", STORE_DAMAGED},
    {STORE_PUT, 400, "XAmzContentSHA256Mismatch", STORE_DAMAGED},
    {STORE_PUT, 400, "InvalidArgument", STORE_REFUSED},
    {STORE_PUT, 400, "ExpiredToken", STORE_DENIED},
    {STORE_PUT, 401, "", STORE_DENIED},
    {STORE_PUT, 403, "SignatureDoesNotMatch", STORE_DENIED},
    {STORE_PUT, 403, "AccessDenied", STORE_DENIED},
    {STORE_PUT, 403, "RequestTimeTooSkewed", STORE_SKEWED},
    {STORE_PUT, 404, "NoSuchBucket", STORE_NO_BUCKET},
    {STORE_PUT, 404, "", STORE_NO_BUCKET},
    {STORE_PUT, 501, "NotImplemented", STORE_UNSUPPORTED},
    {STORE_PUT, 301, "PermanentRedirect", STORE_WRONG_REGION},
    {STORE_PUT, 307, "TemporaryRedirect", STORE_WRONG_REGION},
    {STORE_PUT, 413, "EntityTooLarge", STORE_REFUSED},
    {STORE_PARTS_PUT, 404, "NoSuchUpload", STORE_NO_UPLOAD},
    {STORE_PARTS_PUT, 404, "", STORE_NO_UPLOAD},
    {STORE_PARTS_OPEN, 404, "", STORE_NO_BUCKET},
    {STORE_GET, 404, "NoSuchBucket", STORE_NO_BUCKET},
    {STORE_GET, 404, "", STORE_ABSENT},
    {STORE_DELETE, 404, "NoSuchKey", STORE_FINE},
    {STORE_DELETE, 404, "NoSuchBucket", STORE_NO_BUCKET},
    {STORE_DELETE, 403, "AccessDenied", STORE_DENIED},
    {STORE_LIST, 404, "", STORE_NO_BUCKET},
    {STORE_PROBE, 404, "NoSuchBucket", STORE_NO_BUCKET},
    {STORE_GET, 403, "InvalidObjectState", STORE_REFUSED},
};

TEST(refusals_mean_what_can_be_done_about_them)
{
    char body[256];
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        asked(refusals[i].verb);
        op.only_if_absent = true;
        snprintf(body, sizeof body, XML "<Error><Code>%s</Code><Message>m</Message></Error>",
                 refusals[i].code);
        const char *sent = refusals[i].code[0] ? body : NULL;
        enum store_outcome got = SAYS(refusals[i].status, NULL, sent);
        if (got != refusals[i].outcome)
            FAIL("%d %s of verb %d: %s", refusals[i].status, refusals[i].code, refusals[i].verb,
                 store_outcome_words[got]);
        CHECK_EQ_STR(result.code, got == STORE_FINE ? "" : refusals[i].code);
        CHECK((got == STORE_FINE) == (result.words[0] == 0));
    }
    asked(STORE_PUT);
    CHECK_EQ_I64(SAYS(412), STORE_REFUSED);
}

TEST(words_are_found_in_any_case)
{
    CHECK(verdict_mentions("The CheckSum you", "checksum"));
    CHECK(verdict_mentions("checksum", "checksum"));
    CHECK(!verdict_mentions("checksu", "checksum"));
    CHECK(!verdict_mentions("", "checksum"));
}

TEST(every_outcome_has_its_word)
{
    for (int i = 0; i < STORE_OUTCOMES; i++) {
        CHECK(store_outcome_words[i] != NULL);
        for (int j = 0; j < i; j++)
            CHECK(strcmp(store_outcome_words[i], store_outcome_words[j]) != 0);
    }
}
