#include "store/verdict.h"

#include <string.h>
#include <strings.h>

const char *const store_outcome_words[STORE_OUTCOMES] = {
    [STORE_FINE] = "fine",
    [STORE_ABSENT] = "absent",
    [STORE_EXISTS] = "exists",
    [STORE_AGAIN] = "again",
    [STORE_LOST] = "lost",
    [STORE_DAMAGED] = "damaged",
    [STORE_DENIED] = "denied",
    [STORE_SKEWED] = "skewed",
    [STORE_NO_BUCKET] = "no_bucket",
    [STORE_WRONG_REGION] = "wrong_region",
    [STORE_NO_UPLOAD] = "no_upload",
    [STORE_REFUSED] = "refused",
    [STORE_UNSUPPORTED] = "unsupported",
    [STORE_UNTRUSTED] = "untrusted",
    [STORE_LOCAL] = "local",
};

/* Codes that say more than their status, or come with several. */
static const struct {
    const char *code;
    enum store_outcome outcome;
} codes[] = {
    {"SlowDown", STORE_AGAIN},
    {"ServiceUnavailable", STORE_AGAIN},
    {"InternalError", STORE_AGAIN},
    {"Busy", STORE_AGAIN},
    {"RequestTimeout", STORE_AGAIN}, /* a 400 */
    {"OperationAborted", STORE_AGAIN},
    {"ConditionalRequestConflict", STORE_AGAIN},
    {"Throttling", STORE_AGAIN},
    {"ThrottlingException", STORE_AGAIN},
    {"RequestLimitExceeded", STORE_AGAIN},
    {"TooManyRequests", STORE_AGAIN},
    {"BadDigest", STORE_DAMAGED},
    {"XAmzContentSHA256Mismatch", STORE_DAMAGED},
    {"XAmzContentChecksumMismatch", STORE_DAMAGED},
    {"IncompleteBody", STORE_DAMAGED},
    {"RequestTimeTooSkewed", STORE_SKEWED},
    {"RequestExpired", STORE_SKEWED},
    {"NoSuchBucket", STORE_NO_BUCKET},
    {"NoSuchUpload", STORE_NO_UPLOAD},
    {"InvalidPart", STORE_NO_UPLOAD}, /* its parts are not what we think: begun anew */
    {"InvalidPartOrder", STORE_NO_UPLOAD},
    {"NotImplemented", STORE_UNSUPPORTED},
    {"PermanentRedirect", STORE_WRONG_REGION},
    {"TemporaryRedirect", STORE_WRONG_REGION},
    {"IllegalLocationConstraintException", STORE_WRONG_REGION},
    {"ExpiredToken", STORE_DENIED}, /* these may be 400 */
    {"InvalidToken", STORE_DENIED},
    {"TokenRefreshRequired", STORE_DENIED},
    {"InvalidAccessKeyId", STORE_DENIED},
    {"SignatureDoesNotMatch", STORE_DENIED},
    {"InvalidSecurity", STORE_DENIED},
    {"AccessDenied", STORE_DENIED},
    {"ExistingObjectIsDirectory", STORE_REFUSED}, /* 409 that no waiting mends */
    {"ExistingObjectIsFile", STORE_REFUSED},
    {"InvalidBucketState", STORE_REFUSED},
    {"InvalidObjectState", STORE_REFUSED}, /* 403 of one object that lies in an archive */
};

bool verdict_mentions(const char *text, const char *word)
{
    size_t bytes = strlen(word);
    for (; strlen(text) >= bytes; text++)
        if (strncasecmp(text, word, bytes) == 0)
            return true;
    return false;
}

static bool is_upload_verb(enum store_verb verb)
{
    return verb >= STORE_PARTS_PUT && verb <= STORE_PARTS_DROP;
}

static enum store_outcome missing(const struct store_op *op)
{
    switch (op->verb) {
    case STORE_HEAD:
    case STORE_GET:
    case STORE_DELETE:
        return STORE_ABSENT;
    default:
        return is_upload_verb(op->verb) ? STORE_NO_UPLOAD : STORE_NO_BUCKET;
    }
}

static enum store_outcome by_status(const struct store_op *op, int status)
{
    switch (status) {
    case 200: /* an error in the body of a success: it may have happened */
    case 408:
    case 409:
    case 429:
        return STORE_AGAIN;
    case 301:
    case 307:
    case 308:
        return STORE_WRONG_REGION;
    case 401:
    case 403:
        return STORE_DENIED;
    case 404:
        return missing(op);
    case 412:
        return op->only_if_absent ? STORE_EXISTS : STORE_REFUSED;
    case 501:
        return STORE_UNSUPPORTED;
    default:
        return status >= 500 ? STORE_AGAIN : STORE_REFUSED;
    }
}

/* A wrong region is said as a malformed header, but so is a header that is malformed. A completion says what it found after its 200. */
static enum store_outcome by_code(const struct store_op *op, int status, const char *code,
                                  const char *message)
{
    if (strcmp(code, "AuthorizationHeaderMalformed") == 0)
        return verdict_mentions(message, "region") ? STORE_WRONG_REGION : STORE_DENIED;
    if (strcmp(code, "PreconditionFailed") == 0)
        return by_status(op, 412);
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(code, codes[i].code) == 0)
            return codes[i].outcome;
    return by_status(op, status);
}

enum store_outcome verdict_of(const struct store_op *op, int status, const char *code,
                              const char *message)
{
    enum store_outcome outcome = by_code(op, status, code, message);
    /* Gone is what was wanted. */
    bool gone = (op->verb == STORE_DELETE && outcome == STORE_ABSENT) ||
                (op->verb == STORE_PARTS_DROP && outcome == STORE_NO_UPLOAD);
    return gone ? STORE_FINE : outcome;
}
