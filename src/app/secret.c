#include "app/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/exits.h"
#include "base/log.h"
#include "base/text.h"
#include "net/jwt.h"

enum { PEM_MAX = 4096 };

struct secret {
    const struct td_os *os;
    char name[JWT_NAME_MAX];
    char pem[PEM_MAX];
};

static int complain(const char *venue, const char *what, const char *why)
{
    fprintf(stderr, "tapedeck: [%s] %s: %s\n", venue, what, why);
    return EXIT_CONFIG;
}

/* What is wrong with the file, NULL: nothing. */
static const char *read_file(const char *path, char pem[PEM_MAX])
{
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return strerror(errno);
    const char *why = NULL;
    if (fstat(fd, &about) != 0 || !S_ISREG(about.st_mode))
        why = "it is no file";
    else if ((about.st_mode & 077) != 0)
        why = "others may read it; make it yours alone: chmod 600";
    else if (about.st_size >= PEM_MAX)
        why = "it is too long for a key";
    else if (read(fd, pem, (size_t)about.st_size) != about.st_size)
        why = "it cannot be read";
    close(fd);
    return why;
}

/* Not in swap, where that is allowed, and in no dump. */
static struct secret *new_secret(void)
{
    struct secret *secret =
        mmap(NULL, sizeof *secret, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    TD_ASSERT(secret != MAP_FAILED, "no memory at start");
    mlock(secret, sizeof *secret);
    madvise(secret, sizeof *secret, MADV_DONTDUMP);
    return secret;
}

static int fill(struct secret *secret, const struct td_config_venue *section)
{
    const char *path = section->api_secret_file;
    if (!td_text_copy(secret->name, sizeof secret->name, section->api_key,
                      strlen(section->api_key)))
        return complain(section->name, "api_key", "the name is too long");
    const char *why = read_file(path, secret->pem);
    if (why == NULL && jwt_check_key(secret->pem, &secret->os->random) < 0)
        why = "it holds no private key of P-256 (ES256) in PEM";
    return why == NULL ? EXIT_FINE : complain(section->name, path, why);
}

int secret_load(const struct venue *venue, const struct td_config_venue *section,
                const struct td_os *os, struct secret **out)
{
    bool named = section->api_key[0] != '\0', held = section->api_secret_file[0] != '\0';
    *out = NULL;
    if (!named && !held)
        return EXIT_FINE;
    if (venue->auth != VENUE_AUTH_JWT_ES256)
        return complain(section->name, "api_key", "this venue takes none; all it sends is public");
    if (named != held)
        return complain(section->name, named ? "api_secret_file" : "api_key",
                        "is missing: both or none");
    struct secret *secret = new_secret();
    secret->os = os;
    int bad = fill(secret, section);
    if (bad == EXIT_FINE)
        *out = secret;
    return bad;
}

static int make_token(const struct secret *secret, char out[JWT_MAX])
{
    const struct td_clock *clock = &secret->os->clock;
    int bytes = jwt_make(&(struct jwt_params){.key_name = secret->name,
                                              .key_pem = secret->pem,
                                              .random = &secret->os->random,
                                              .wall_ns = clock->wall_ns(clock->ctx)},
                         out, JWT_MAX);
    if (bytes < 0)
        TD_WARN("net", "event=not_signed err=%s", td_err_name(bytes));
    return bytes;
}

size_t secret_sign(void *arg, bool secret, struct td_text text, char *out, size_t cap)
{
    char token[JWT_MAX] = "...";
    int bytes = secret ? make_token(arg, token) : 3;
    struct td_str signed_text = td_str_on(out, cap);
    if (bytes < 0)
        return 0;
    bool object = text.bytes >= 2 && text.at[0] == '{' && text.at[text.bytes - 1] == '}';
    td_str_add_bytes(&signed_text, text.at, text.bytes - object);
    if (object) {
        td_str_add(&signed_text, text.bytes > 2 ? ",\"jwt\":\"" : "\"jwt\":\"");
        td_str_add_bytes(&signed_text, token, (size_t)bytes);
        td_str_add(&signed_text, "\"}");
    }
    explicit_bzero(token, sizeof token);
    return signed_text.cut ? 0 : signed_text.bytes;
}
