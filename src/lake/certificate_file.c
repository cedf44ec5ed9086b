#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mbedtls/sha256.h>

#include "base/text.h"
#include "base/utc.h"
#include "lake/certificate.h"
#include "lake/folder.h"
#include "lake/source.h"

enum { CERTIFICATE_BYTES_MAX = 256 << 20 };

void certificate_date(int64_t day_us, char out[CERTIFICATE_DATE_MAX])
{
    char iso[TD_UTC_TEXT_MAX];
    td_utc_iso(day_us * TD_NS_PER_US, iso);
    td_text_copy(out, CERTIFICATE_DATE_MAX, iso, CERTIFICATE_DATE_MAX - 1);
}

void certificate_sha256(const void *text, size_t bytes, char out[CERTIFICATE_SHA_MAX])
{
    unsigned char digest[32];
    mbedtls_sha256(text, bytes, digest, 0);
    for (int i = 0; i < 32; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static td_err folder_of(const char *folder, const char *exchange, char out[CERTIFICATE_PATH_MAX])
{
    struct td_str path = td_str_on(out, CERTIFICATE_PATH_MAX);
    td_str_add_format(&path, "%s/exchange=%s", folder, exchange);
    return path.cut ? TD_E_RANGE : 0;
}

/* "date=2026-09-21.json" */
static bool date_of_name(const char *name, char date[CERTIFICATE_DATE_MAX])
{
    static const char form[] = "date=dddd-dd-dd.json";
    if (strlen(name) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == 'd' && i >= 5 && i < 15 ? name[i] < '0' || name[i] > '9'
                                               : name[i] != form[i])
            return false;
    return td_text_copy(date, CERTIFICATE_DATE_MAX, name + 5, CERTIFICATE_DATE_MAX - 1);
}

static void find_before(const struct folder *folder, const char *date,
                        struct certificate_link *link)
{
    for (size_t i = 0; i < folder->count; i++) {
        char found[CERTIFICATE_DATE_MAX];
        if (!date_of_name(folder_name(folder, i), found))
            continue;
        link->later |= strcmp(found, date) > 0;
        if (strcmp(found, date) < 0 && strcmp(found, link->date) > 0)
            memcpy(link->date, found, sizeof found);
    }
}

td_err certificate_previous(const char *folder, const char *exchange, const char *date,
                            struct certificate_link *previous)
{
    char place[CERTIFICATE_PATH_MAX], path[CERTIFICATE_PATH_MAX + 32];
    struct lake_buffer text = {0};
    *previous = (struct certificate_link){0};
    TD_TRY(folder_of(folder, exchange, place));
    struct folder all = {0};
    td_err err = folder_read(&all, place);
    if (!err)
        find_before(&all, date, previous);
    folder_free(&all);
    if (err || !previous->date[0])
        return err == TD_E_MISSING ? 0 : err;
    snprintf(path, sizeof path, "%s/date=%s.json", place, previous->date);
    err = certificate_read(path, &text);
    if (err == 0)
        certificate_sha256(text.data, text.bytes, previous->sha256);
    lake_buffer_free(&text);
    return err;
}

td_err certificate_read(const char *path, struct lake_buffer *text)
{
    struct source source;
    TD_TRY(source_open(&source, path));
    td_err err = source.bytes > CERTIFICATE_BYTES_MAX
                     ? TD_E_SYNTAX
                     : lake_reserve(text, (size_t)source.bytes + 1);
    if (err == 0)
        err = source_read(&source, 0, text->data, (size_t)source.bytes);
    if (err == 0) {
        text->bytes = (size_t)source.bytes;
        text->data[text->bytes] = 0;
    }
    int kept = errno;
    source_close(&source);
    errno = kept;
    return err;
}

static td_err make_folders(char *path)
{
    for (char *slash = path; (slash = strchr(slash + 1, '/')) != NULL;) {
        *slash = 0;
        int failed = mkdir(path, 0755) < 0 && errno != EEXIST;
        *slash = '/';
        TD_FAIL_IF(failed, TD_E_IO);
    }
    return mkdir(path, 0755) < 0 && errno != EEXIST ? TD_E_IO : 0;
}

static td_err write_file(const char *path, const struct lake_buffer *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size_t at = 0;
    TD_FAIL_IF(fd < 0, TD_E_IO);
    for (ssize_t put = 0; at < text->bytes && put >= 0; at += put > 0 ? (size_t)put : 0)
        put = write(fd, text->data + at, text->bytes - at);
    bool whole = at == text->bytes && fsync(fd) == 0;
    int kept = errno;
    close(fd);
    errno = kept;
    return whole ? 0 : TD_E_IO;
}

td_err certificate_path(const char *folder, const char *exchange, const char *date,
                        char path[CERTIFICATE_PATH_MAX])
{
    struct td_str name = td_str_on(path, CERTIFICATE_PATH_MAX);
    td_str_add_format(&name, "%s/exchange=%s/date=%s.json", folder, exchange, date);
    return name.cut ? TD_E_RANGE : 0;
}

td_err certificate_write(const char *path, const struct lake_buffer *text)
{
    char place[CERTIFICATE_PATH_MAX], beside[CERTIFICATE_PATH_MAX];
    struct td_str other = td_str_on(beside, sizeof beside);
    const char *slash = strrchr(path, '/');
    td_str_add_format(&other, "%s.new", path);
    TD_FAIL_IF(other.cut || !slash ||
                   !td_text_copy(place, sizeof place, path, (size_t)(slash - path)),
               TD_E_RANGE);
    TD_TRY(make_folders(place));
    TD_TRY(write_file(beside, text));
    TD_FAIL_IF(rename(beside, path) < 0, TD_E_IO);
    int fd = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    TD_FAIL_IF(fd < 0, TD_E_IO);
    int failed = fsync(fd);
    close(fd);
    return failed ? TD_E_IO : 0;
}
