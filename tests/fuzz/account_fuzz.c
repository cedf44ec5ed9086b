/* The files that hold a store's keys, on any bytes: the secrets file and a service account's key file. Texts end, and whatever is wrong is told
   in words of our own. */
#include <stdint.h>
#include <string.h>

#include "store/secrets.h"
#include "store/service_key.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool ends(const char *text, size_t room)
{
    return memchr(text, 0, room) != NULL;
}

static void check_keys(const struct secrets_keys *keys)
{
    TD_ASSERT(ends(keys->access_key, sizeof keys->access_key) &&
                  ends(keys->secret_key, sizeof keys->secret_key) &&
                  ends(keys->session_token, sizeof keys->session_token) &&
                  ends(keys->service_account, sizeof keys->service_account),
              "texts end");
    TD_ASSERT(strchr(keys->secret_key, '\n') == NULL, "a value is of one line");
}

static void check_secrets(const char *text)
{
    static struct secrets secrets;
    const char *why;
    unsigned lines = 1, line = secrets_parse(&secrets, text, &why);
    for (const char *at = text; *at != 0; at++)
        lines += *at == '\n';
    TD_ASSERT((line == 0) == (why == NULL) && line <= lines, "a mistake is a line of the file");
    check_keys(&secrets.s3);
    check_keys(&secrets.gcs);
}

static void check_service_key(const char *text, size_t bytes)
{
    static struct service_key key;
    const char *why;
    td_err err = service_key_parse(&key, text, bytes, &why);
    TD_ASSERT((err == 0) == (why == NULL), "what is wrong is told");
    TD_ASSERT(ends(key.email, sizeof key.email) && ends(key.id, sizeof key.id) &&
                  ends(key.pem, sizeof key.pem) && ends(key.token_uri, sizeof key.token_uri),
              "texts end");
    TD_ASSERT(err < 0 || (key.email[0] != 0 && key.pem[0] != 0 && key.token_uri[0] != 0),
              "all that is needed is there");
    TD_ASSERT(err < 0 || strpbrk(key.email, "\"\\\r\n") == NULL, "what goes into JSON is plain");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static char text[1 << 16];
    if (bytes >= sizeof text)
        return 0;
    if (bytes > 0)
        memcpy(text, data, bytes);
    text[bytes] = 0;
    check_secrets(text);
    check_service_key(text, bytes);
    return 0;
}
