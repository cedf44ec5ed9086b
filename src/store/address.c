#include "store/address.h"

#include <string.h>

#include "base/text.h"

enum { LABEL_MAX = 63 };

static bool ends_in(const char *text, const char *end)
{
    size_t bytes = strlen(text), tail = strlen(end);
    return bytes >= tail && strcmp(text + bytes - tail, end) == 0;
}

static bool is_aws(const char *host)
{
    return ends_in(host, ".amazonaws.com") || ends_in(host, ".amazonaws.com.cn");
}

/* A bucket whose name can stand in front of a host and under its certificate. */
static bool is_label(const char *bucket)
{
    size_t bytes = strlen(bucket);
    return bytes <= LABEL_MAX && strspn(bucket, "abcdefghijklmnopqrstuvwxyz0123456789-") == bytes;
}

static bool is_virtual(const struct place *place, const struct store_account *account,
                       const char *host)
{
    if (account->style != STORE_STYLE_AUTO)
        return account->style == STORE_STYLE_VIRTUAL;
    return is_label(place->bucket) && (is_aws(host) || strcmp(host, "storage.googleapis.com") == 0);
}

/* "https://" or "http://" at its beginning: the bytes of it, else 0. */
static size_t scheme_bytes(const char *endpoint)
{
    static const char *const schemes[] = {"https://", "http://"};
    for (size_t i = 0; i < 2; i++)
        if (strncmp(endpoint, schemes[i], strlen(schemes[i])) == 0)
            return strlen(schemes[i]);
    return 0;
}

static bool is_authority(const char *text)
{
    if (*text == 0)
        return false;
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || strchr("/?#@\\%\"<>", *text))
            return false;
    return true;
}

td_err address_make(struct address *address, const struct place *place,
                    const struct store_account *account)
{
    char host[ACCOUNT_TEXT_MAX];
    size_t scheme = scheme_bytes(account->endpoint);
    TD_FAIL_IF(scheme == 0 || !is_authority(account->endpoint + scheme), TD_E_SYNTAX);
    td_text_copy(host, sizeof host, account->endpoint + scheme, strlen(account->endpoint + scheme));
    const char *implied = scheme == strlen("https://") ? ":443" : ":80";
    if (ends_in(host, implied))
        host[strlen(host) - strlen(implied)] = 0;
    TD_FAIL_IF(host[0] == 0, TD_E_SYNTAX);

    bool in_host = is_virtual(place, account, host);
    struct td_str str = td_str_on(address->host, sizeof address->host);
    if (in_host)
        td_str_add_format(&str, "%s.", place->bucket);
    td_str_add(&str, host);
    str = td_str_on(address->origin, sizeof address->origin);
    td_str_add_format(&str, "%.*s%s", (int)scheme, account->endpoint, address->host);
    str = td_str_on(address->path, sizeof address->path);
    if (!in_host)
        td_str_add_format(&str, "/%s", place->bucket);
    return 0;
}

/* It becomes part of a host's name: nothing but a label. */
static bool is_region(const char *region)
{
    return region[0] && region[0] != '-' && strlen(region) < 40 && is_label(region);
}

/* "s3.old.amazonaws.com", "s3.dualstack.old.amazonaws.com", "s3-old.amazonaws.com", "s3.amazonaws.com". */
static void move_host(struct store_account *account, const char *region)
{
    char moved[ACCOUNT_TEXT_MAX], old[72];
    size_t scheme = scheme_bytes(account->endpoint);
    const char *host = account->endpoint + scheme;
    struct td_str str = td_str_on(old, sizeof old);
    td_str_add_format(&str, "%s.amazonaws.", account->region);
    const char *found = account->region[0] ? strstr(host, old) : NULL;
    str = td_str_on(moved, sizeof moved);
    if (found != NULL && found > host && (found[-1] == '.' || found[-1] == '-'))
        td_str_add_format(&str, "%.*s%s%s", (int)(found - account->endpoint), account->endpoint,
                          region, found + strlen(account->region));
    else if (strcmp(host, "s3.amazonaws.com") == 0)
        td_str_add_format(&str, "%.*ss3.%s.amazonaws.com", (int)scheme, account->endpoint, region);
    else
        return;
    if (!str.cut)
        td_text_copy(account->endpoint, sizeof account->endpoint, moved, str.bytes);
}

bool address_move(struct store_account *account, const char *region)
{
    if (!is_region(region) || strcmp(region, account->region) == 0)
        return false;
    move_host(account, region);
    td_text_copy(account->region, sizeof account->region, region, strlen(region));
    return true;
}
