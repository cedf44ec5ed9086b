#include "sync/upload.h"

#include <fcntl.h>
#include <string.h>

#include "base/crc.h"
#include "base/decimal.h"
#include "base/text.h"
#include "store/digest.h"

/* A record's lines, each ended by its crc32c:
       upload <part bytes> <bytes> <sha256> <crc32c> <destination> <key> <upload id> <sum>
       part <number> <bytes> <etag> <sum>
   Texts have their blanks, percent signs and what is not plain ASCII as %XX; an empty one is "-". */
enum {
    RECORD_LINE_MAX = 8192,
    RECORD_WORDS_MAX = 9,
    RECORD_WORD_MAX = 3400,
    RECORD_PATH_MAX = 2048
};

/* ---- words ------------------------------------------------------------------------------------ */

static void add_word(struct td_str *str, const char *text)
{
    td_str_add_char(str, ' ');
    if (text[0] == 0 || strcmp(text, "-") == 0)
        td_str_add(str, text[0] ? "%2D" : "-");
    else
        for (; *text; text++)
            if (*text > ' ' && *text < 0x7f && *text != '%')
                td_str_add_char(str, *text);
            else
                td_str_add_format(str, "%%%02X", (unsigned char)*text);
}

static int digit_of(char c)
{
    static const char digits[] = "0123456789ABCDEF";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

struct word {
    const char *at;
    size_t bytes;
};

/* The text of a word; false: it does not fit or is no word of ours. */
static bool word_text(const struct word *word, char *out, size_t cap)
{
    size_t length = 0;
    if (word->bytes == 1 && word->at[0] == '-') {
        out[0] = 0;
        return true;
    }
    for (size_t i = 0; i < word->bytes; i++) {
        char c = word->at[i];
        if (c == '%') {
            int high = i + 2 < word->bytes ? digit_of(word->at[i + 1]) : -1;
            int low = i + 2 < word->bytes ? digit_of(word->at[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0))
                return false;
            c = (char)(high << 4 | low);
            i += 2;
        }
        if (length + 1 >= cap)
            return false;
        out[length++] = c;
    }
    out[length] = 0;
    return true;
}

static bool word_is(const struct word *word, const char *text)
{
    char is[RECORD_WORD_MAX];
    return word_text(word, is, sizeof is) && strcmp(is, text) == 0;
}

static bool word_number(const struct word *word, int64_t least, int64_t most, int64_t *out)
{
    return td_integer_parse(word->at, word->bytes, out) == 0 && *out >= least && *out <= most;
}

static void end_line(struct td_str *str)
{
    uint32_t sum = td_crc32c(0, str->at, str->bytes);
    td_str_add_format(str, " %08x\n", (unsigned)sum);
}

/* Words of a line whose sum is right, without the sum; 0: it is not. */
static unsigned split(const char *text, size_t bytes, struct word word[RECORD_WORDS_MAX])
{
    char sum[16];
    struct td_str str = td_str_on(sum, sizeof sum);
    if (bytes < 10)
        return 0;
    td_str_add_format(&str, " %08x", (unsigned)td_crc32c(0, text, bytes - 9));
    if (memcmp(text + bytes - 9, sum, 9) != 0)
        return 0;
    unsigned count = 0;
    for (const char *at = text, *end = text + bytes - 9; at < end && count < RECORD_WORDS_MAX;) {
        const char *stop = memchr(at, ' ', (size_t)(end - at));
        stop = stop ? stop : end;
        word[count++] = (struct word){at, (size_t)(stop - at)};
        at = stop + 1;
    }
    return count;
}

/* ---- a record's text -------------------------------------------------------------------------- */

static void add_begin(struct td_str *str, const struct upload_of *of, const struct upload *upload)
{
    char hex[65];
    identity_hex(of->identity.sha256, hex);
    td_str_add_format(str, "upload %lld %lld %s %08x", (long long)upload->part_bytes,
                      (long long)of->identity.bytes, hex, (unsigned)of->identity.crc32c);
    add_word(str, of->to);
    add_word(str, of->key);
    add_word(str, upload->id);
    end_line(str);
}

static bool take_begin(const struct word *word, unsigned words, const struct upload_of *of,
                       struct upload *upload)
{
    char hex[65], crc[16];
    int64_t bytes = 0;
    struct td_str str = td_str_on(crc, sizeof crc);
    identity_hex(of->identity.sha256, hex);
    td_str_add_format(&str, "%08x", (unsigned)of->identity.crc32c);
    return words == 8 && word_is(&word[0], "upload") &&
           word_number(&word[1], 1, INT64_MAX, &upload->part_bytes) &&
           word_number(&word[2], 0, INT64_MAX, &bytes) && bytes == of->identity.bytes &&
           word_is(&word[3], hex) && word_is(&word[4], crc) && word_is(&word[5], of->to) &&
           word_is(&word[6], of->key) && word_text(&word[7], upload->id, sizeof upload->id) &&
           upload->id[0] != 0;
}

/* A part that was sent again stands later: what came behind it of before does not count. */
static bool take_part(const struct word *word, unsigned words, struct upload *upload)
{
    struct store_part part;
    int64_t number = 0;
    if (words != 4 || !word_is(&word[0], "part") ||
        !word_number(&word[1], 1, UPLOAD_PARTS_MAX, &number) ||
        !word_number(&word[2], 0, INT64_MAX, &part.bytes) ||
        !word_text(&word[3], part.etag, sizeof part.etag) || number > upload->parts + 1)
        return false;
    part.number = (uint32_t)number;
    upload->part[number - 1] = part;
    upload->parts = part.number;
    return true;
}

bool upload_parse(const char *text, size_t bytes, const struct upload_of *of, struct upload *upload)
{
    upload->is_open = false;
    upload->parts = 0;
    upload->end = 0;
    for (const char *at = text, *end = text + bytes; at < end;) {
        struct word word[RECORD_WORDS_MAX];
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        unsigned words = stop ? split(at, (size_t)(stop - at), word) : 0;
        bool taken = upload->is_open ? take_part(word, words, upload)
                                     : words > 0 && take_begin(word, words, of, upload);
        if (!taken)
            break;
        upload->is_open = true;
        at = stop + 1;
        upload->end = at - text;
    }
    return upload->is_open;
}

/* ---- its file --------------------------------------------------------------------------------- */

static bool record_path(const struct upload_of *of, char out[RECORD_PATH_MAX])
{
    struct digest digest;
    char hex[65];
    digest_begin(&digest);
    digest_add(&digest, of->to, strlen(of->to) + 1);
    digest_add(&digest, of->key, strlen(of->key));
    identity_hex(digest_end(&digest).sha256, hex);
    struct td_str str = td_str_on(out, RECORD_PATH_MAX);
    td_str_add_format(&str, "%s/uploads/%.32s", of->state_dir, hex);
    return !str.cut;
}

int64_t upload_part_bytes(int64_t object_bytes, int64_t wanted)
{
    int64_t least = (object_bytes + UPLOAD_PARTS_MAX - 1) / UPLOAD_PARTS_MAX;
    return least > wanted ? least : wanted;
}

td_err upload_begin(const struct td_disk *disk, const struct upload_of *of, struct upload *upload)
{
    char path[RECORD_PATH_MAX], line[RECORD_LINE_MAX];
    struct td_str str = td_str_on(line, sizeof line);
    add_begin(&str, of, upload);
    TD_FAIL_IF(str.cut || !record_path(of, path), TD_E_RANGE);
    int file = disk->open(disk->ctx, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    TD_TRY(file);
    int64_t err = disk->write_at(disk->ctx, file, line, str.bytes, 0);
    if (err >= 0)
        err = disk->sync_all(disk->ctx, file);
    disk->close(disk->ctx, file);
    upload->is_open = err >= 0;
    upload->parts = 0;
    upload->end = (int64_t)str.bytes;
    return err < 0 ? (td_err)err : 0;
}

static td_err append(const struct td_disk *disk, const char *path, const struct td_str *line,
                     int64_t at)
{
    int file = disk->open(disk->ctx, path, O_WRONLY, 0);
    TD_TRY(file);
    int64_t err = disk->write_at(disk->ctx, file, line->at, line->bytes, at);
    if (err >= 0)
        err = disk->sync_data(disk->ctx, file);
    disk->close(disk->ctx, file);
    return err < 0 ? (td_err)err : 0;
}

td_err upload_part(const struct td_disk *disk, const struct upload_of *of, struct upload *upload,
                   const struct store_part *part)
{
    char path[RECORD_PATH_MAX], line[RECORD_LINE_MAX];
    TD_ASSERT(part->number == upload->parts + 1 && upload->parts < UPLOAD_PARTS_MAX,
              "parts come in order");
    struct td_str str = td_str_on(line, sizeof line);
    td_str_add_format(&str, "part %u %lld", (unsigned)part->number, (long long)part->bytes);
    add_word(&str, part->etag);
    end_line(&str);
    TD_FAIL_IF(str.cut || !record_path(of, path), TD_E_RANGE);
    TD_TRY(append(disk, path, &str, upload->end));
    upload->end += (int64_t)str.bytes;
    upload->part[upload->parts++] = *part;
    return 0;
}

int upload_load(const struct td_disk *disk, const struct upload_of *of, struct upload *upload)
{
    static char text[UPLOAD_FILE_MAX];
    char path[RECORD_PATH_MAX];
    upload->is_open = false;
    if (!record_path(of, path))
        return 0;
    int file = disk->open(disk->ctx, path, O_RDONLY, 0);
    if (file < 0)
        return 0;
    int64_t bytes = disk->read_at(disk->ctx, file, text, sizeof text, 0);
    disk->close(disk->ctx, file);
    return bytes > 0 && upload_parse(text, (size_t)bytes, of, upload);
}

td_err upload_forget(const struct td_disk *disk, const struct upload_of *of)
{
    char path[RECORD_PATH_MAX];
    TD_FAIL_IF(!record_path(of, path), TD_E_RANGE);
    td_err err = disk->unlink(disk->ctx, path);
    return err == TD_E_MISSING ? 0 : err;
}
