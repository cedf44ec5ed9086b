/* sign_driver CASES [SEED]: our signatures (store/sign.c) against libcurl's own (CURLOPT_AWS_SIGV4), over random keys, dates, names, queries and
   headers, in both dialects. A difference is printed with its seed. Exit code 1: there was one.

   Not compared, since libcurl has another opinion there: a plus sign in a query (it takes it for a blank), names that need encoding in Google's
   dialect (it encodes them twice for every service but s3). */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "base/utc.h"
#include "store/sign.h"

enum { TEXT_MAX = 600, PAIRS = 6, HEAD_MAX = 16384 };

struct request {
    struct store_account account;
    char method[8], path[TEXT_MAX], date[SIGN_DATE_MAX], payload[65];
    char name[2 * PAIRS + 4][TEXT_MAX], value[2 * PAIRS + 4][TEXT_MAX];
    struct sign_pair query[PAIRS + 1], header[PAIRS + 4];
    int64_t wall_ns;
};

static uint64_t state;

static uint32_t chance(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 20) % below;
}

static void text(char *out, unsigned least, unsigned most, const char *letters)
{
    unsigned bytes = least + chance(most - least + 1);
    for (unsigned i = 0; i < bytes; i++)
        out[i] = letters[chance((uint32_t)strlen(letters))];
    out[bytes] = 0;
}

#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~"

static const char *prefix(const struct request *request)
{
    return request->account.dialect == STORE_AWS4 ? "x-amz" : "x-goog";
}

static void make_query(struct request *request)
{
    unsigned count = chance(PAIRS + 1);
    for (unsigned i = 0; i < count; i++) {
        /* Its number keeps names apart: libcurl leaves the order of equal ones to chance. */
        text(request->name[i], 1, 8, PLAIN " /&=?%:,");
        snprintf(request->name[i] + strlen(request->name[i]), 8, "%u", i);
        text(request->value[i], 0, 30, PLAIN " /&=?%:,\xc3\xa4*!'()");
        request->query[i] = (struct sign_pair){request->name[i], request->value[i]};
    }
    request->query[count].name = NULL;
}

static void add_header(struct request *request, unsigned i, const char *name)
{
    unsigned at = PAIRS + i;
    td_text_copy(request->name[at], TEXT_MAX, name, strlen(name));
    request->header[i] = (struct sign_pair){request->name[at], request->value[at]};
    request->header[i + 1].name = NULL;
}

static void make_headers(struct request *request)
{
    static const char *const own[] = {"host", "content-sha256", "date"};
    const char *const value[] = {"bucket.s3.example", request->payload, request->date};
    char name[TEXT_MAX];
    unsigned more = chance(PAIRS - 2);
    for (unsigned i = 0; i < 3; i++) {
        snprintf(name, sizeof name, i == 0 ? "%.0s%s" : "%s-%s", prefix(request), own[i]);
        add_header(request, i, name);
        snprintf(request->value[PAIRS + i], TEXT_MAX, "%s", value[i]);
    }
    for (unsigned i = 3; i < 3 + more; i++) {
        snprintf(name, sizeof name, "%s-meta-%c%u", prefix(request), (int)('a' + chance(26)), i);
        add_header(request, i, name);
        snprintf(request->value[PAIRS + i], TEXT_MAX, "v");
        text(request->value[PAIRS + i] + 1, 0, 40, PLAIN "  :=/;,");
    }
}

static void make(struct request *request)
{
    static const char *const methods[] = {"GET", "PUT", "POST", "DELETE", "HEAD"};
    bool goog = chance(2);
    memset(&request->account, 0, sizeof request->account);
    request->account.dialect = goog ? STORE_GOOG4 : STORE_AWS4;
    text(request->account.access_key, 1, 40, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
    text(request->account.secret_key, 1, 60, PLAIN "/+=");
    text(request->account.region, 2, 14, "abcdefghijklmnopqrstuvwxyz0123456789-");
    snprintf(request->method, sizeof request->method, "%s", methods[chance(5)]);
    request->path[0] = '/';
    text(request->path + 1, 0, 80, goog ? PLAIN "///" : PLAIN "/// +&=?%:,#;\xc3\xa4*!'()$@");
    while (strstr(request->path, "/.") != NULL) /* libcurl puts dots right before it signs */
        strstr(request->path, "/.")[1] = 'x';
    text(request->payload, 64, 64, "0123456789abcdef");
    request->wall_ns = (int64_t)chance(2000000000) * 2 * 1000000000;
    sign_date(request->wall_ns, request->date);
    make_query(request);
    make_headers(request);
}

/* ---- libcurl's ----------------------------------------------------------------------------------- */

static int ends[2];

static curl_socket_t one_end(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
    (void)arg, (void)purpose, (void)address;
    return ends[0];
}

static int is_connected(void *arg, curl_socket_t fd, curlsocktype purpose)
{
    (void)arg, (void)fd, (void)purpose;
    return CURL_SOCKOPT_ALREADY_CONNECTED;
}

static bool url_of(const struct request *request, char *out, size_t cap)
{
    char encoded[4 * TEXT_MAX];
    struct td_str url = td_str_on(out, cap);
    td_str_add(&url, "http://127.0.0.1");
    sign_encode(request->path, true, encoded, sizeof encoded);
    td_str_add(&url, encoded);
    for (unsigned i = 0; request->query[i].name != NULL; i++) {
        sign_encode(request->query[i].name, false, encoded, sizeof encoded);
        td_str_add_format(&url, "%c%s", i ? '&' : '?', encoded);
        sign_encode(request->query[i].value, false, encoded, sizeof encoded);
        td_str_add_format(&url, "=%s", encoded);
    }
    return !url.cut;
}

/* Authorization as libcurl sends it; its answer lies ready before it asks. */
static bool curls(const struct request *request, char *out, size_t cap)
{
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    char url[16 * TEXT_MAX], line[3 * TEXT_MAX], head[HEAD_MAX];
    struct curl_slist *headers = NULL;
    bool goog = request->account.dialect == STORE_GOOG4;
    CURL *easy = curl_easy_init();
    if (!url_of(request, url, sizeof url) || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0 ||
        write(ends[1], answer, sizeof answer - 1) < 0)
        return false;
    for (unsigned i = 0; request->header[i].name != NULL; i++) {
        snprintf(line, sizeof line, "%s: %s", request->header[i].name, request->header[i].value);
        headers = curl_slist_append(headers, line);
    }
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, one_end);
    curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, is_connected);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
    if (strcmp(request->method, "HEAD") == 0)
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    snprintf(line, sizeof line, "%s:%s:%s", goog ? "goog:goog" : "aws:amz", request->account.region,
             goog ? "storage" : "s3");
    curl_easy_setopt(easy, CURLOPT_AWS_SIGV4, line);
    curl_easy_setopt(easy, CURLOPT_USERNAME, request->account.access_key);
    curl_easy_setopt(easy, CURLOPT_PASSWORD, request->account.secret_key);
    CURLcode code = curl_easy_perform(easy);
    ssize_t bytes = code == CURLE_OK ? read(ends[1], head, sizeof head - 1) : 0;
    head[bytes > 0 ? bytes : 0] = 0;
    close(ends[1]);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    const char *at = strstr(head, "\r\nAuthorization: ");
    if (at == NULL) {
        printf("libcurl: %d, %s\n", code, url);
        return false;
    }
    at += strlen("\r\nAuthorization: ");
    return td_text_copy(out, cap, at, strcspn(at, "\r"));
}

/* ---- both ---------------------------------------------------------------------------------------- */

static bool same(uint64_t seed)
{
    static struct request request;
    char ours[4096], theirs[4096];
    state = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    for (unsigned i = 0; i < 8; i++)
        chance(2);
    make(&request);
    struct sign_request signing = {.method = request.method,
                                   .path = request.path,
                                   .query = request.query,
                                   .header = request.header,
                                   .payload = request.payload,
                                   .wall_ns = request.wall_ns};
    if (sign_authorization(&request.account, &signing, ours, sizeof ours) < 0 ||
        !curls(&request, theirs, sizeof theirs)) {
        printf("seed %llu: not signed\n", (unsigned long long)seed);
        return false;
    }
    if (strcmp(ours, theirs) == 0)
        return true;
    printf("seed %llu: %s %s\n  ours   %s\n  theirs %s\n", (unsigned long long)seed, request.method,
           request.path, ours, theirs);
    return false;
}

int main(int argc, char **argv)
{
    uint64_t cases = argc > 1 ? strtoull(argv[1], NULL, 10) : 0;
    uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1, differ = 0;
    curl_global_init(CURL_GLOBAL_ALL);
    for (uint64_t i = 0; i < cases && differ < 10; i++)
        differ += !same(first + i);
    printf("%llu signatures compared, %llu differ\n", (unsigned long long)cases,
           (unsigned long long)differ);
    return cases == 0 || differ > 0;
}
