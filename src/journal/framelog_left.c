/* What a killed process left in its frame log. Nothing in the file is believed: a length, a place or a number that cannot be ends
   the reading, and no byte outside the file's own is touched. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "journal/framelog_layout.h"

struct framelog_left {
    const unsigned char *bytes;
    size_t size;
    uint64_t term_bytes, ring_bytes, jumbo_offset;
    uint64_t at;                     /* position of the next record */
    uint64_t number;                 /* of the last frame given, 0: none yet */
    uint64_t backed_from, backed_to; /* offsets known to have memory behind them */
    int fd;
};

enum { TERMS_MOST = 1 << 16 };
/* Positions beyond this would need centuries; below it no sum of two overflows. */
#define POSITION_MOST (UINT64_C(1) << 60)

size_t framelog_left_footprint(void)
{
    return sizeof(struct framelog_left);
}

/* ---- opening ---- */

/* Not a link, no pipe that would block, and not in use. */
static td_err open_unused(const char *path, int *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR ? TD_E_MISSING
               : errno == ELOOP                    ? TD_E_UNSUPPORTED
                                                   : TD_E_IO;
    td_err err = 0;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        err = errno == EWOULDBLOCK ? TD_E_BUSY : TD_E_IO;
    flock(fd, LOCK_UN);
    if (err < 0)
        close(fd);
    else
        *out = fd;
    return err;
}

static bool sizes_valid(const struct framelog_page *page, uint64_t file_bytes)
{
    uint64_t term = page->term_bytes;
    if (page->magic != FRAMELOG_MAGIC || page->version != FRAMELOG_VERSION ||
        page->page_bytes != FRAMELOG_PAGE_BYTES || page->jumbo_bytes != TD_FRAME_BYTES_MAX)
        return false;
    if (term < FRAMELOG_TERM_BYTES_MIN || term > FRAMELOG_TERM_BYTES_MAX ||
        (term & (term - 1)) != 0 || page->terms < FRAMELOG_TERMS_MIN || page->terms > TERMS_MOST)
        return false;
    return page->mapping_bytes == FRAMELOG_PAGE_BYTES + term * page->terms + TD_FRAME_BYTES_MAX &&
           page->mapping_bytes == file_bytes;
}

/* The journal's position says where to begin. The head says only that the position is possible: records may stand behind it. */
static bool position_valid(const struct framelog_left *left, uint64_t at, uint64_t head)
{
    return at % FRAMELOG_ALIGN == 0 && at <= head && head <= POSITION_MOST &&
           head - at <= left->ring_bytes;
}

static td_err look(struct framelog_left *left)
{
    struct framelog_page page;
    struct stat st;
    TD_FAIL_IF(fstat(left->fd, &st) != 0, TD_E_IO);
    TD_FAIL_IF(!S_ISREG(st.st_mode), TD_E_UNSUPPORTED);
    ssize_t got = pread(left->fd, &page, sizeof page, 0);
    TD_FAIL_IF(got < 0, TD_E_IO);
    TD_FAIL_IF(got != (ssize_t)sizeof page || !sizes_valid(&page, (uint64_t)st.st_size),
               TD_E_UNSUPPORTED);
    left->term_bytes = page.term_bytes;
    left->ring_bytes = left->term_bytes * page.terms;
    left->jumbo_offset = FRAMELOG_PAGE_BYTES + left->ring_bytes;
    left->at = page.reader[FRAMELOG_JOURNAL].released;
    TD_FAIL_IF(!position_valid(left, left->at, page.head), TD_E_UNSUPPORTED);
    left->size = (size_t)st.st_size;
    void *bytes = mmap(NULL, left->size, PROT_READ, MAP_SHARED, left->fd, 0);
    TD_FAIL_IF(bytes == MAP_FAILED, TD_E_IO);
    left->bytes = bytes;
    return 0;
}

td_err framelog_left_open(void *mem, const char *path, struct framelog_left **out)
{
    struct framelog_left *left = mem;
    memset(left, 0, sizeof *left);
    TD_TRY(open_unused(path, &left->fd));
    td_err err = look(left);
    if (err < 0) {
        TD_WARN("journal", "event=framelog_left path=%s error=%s frames_in_it=lost", path,
                td_err_name(err));
        close(left->fd);
        return err;
    }
    *out = left;
    return 0;
}

void framelog_left_close(struct framelog_left *left)
{
    munmap((void *)left->bytes, left->size);
    close(left->fd);
}

static const struct framelog_page *page_of(const struct framelog_left *left)
{
    return (const struct framelog_page *)left->bytes;
}

uint64_t framelog_left_epoch(const struct framelog_left *left)
{
    return page_of(left)->journal_epoch;
}

uint64_t framelog_left_core_at(const struct framelog_left *left)
{
    return page_of(left)->core_at;
}

/* ---- records ---- */

/* Touching a hole of a tmpfs that is full would kill this process (SIGBUS); what was written has memory behind it. */
static bool backed(struct framelog_left *left, uint64_t offset, uint64_t bytes)
{
    if (offset >= left->backed_from && offset + bytes <= left->backed_to)
        return true;
    off_t hole = lseek(left->fd, (off_t)offset, SEEK_HOLE);
    if (hole < 0)
        return false;
    left->backed_from = offset;
    left->backed_to = (uint64_t)hole;
    return offset + bytes <= left->backed_to;
}

static uint64_t offset_of(const struct framelog_left *left, uint64_t position)
{
    return FRAMELOG_PAGE_BYTES + position % left->ring_bytes;
}

/* Bytes of the record at the next position, 0 when none is committed there or it cannot be one. */
static uint32_t record_bytes(struct framelog_left *left)
{
    uint64_t offset = offset_of(left, left->at);
    if (!backed(left, offset, FRAMELOG_ALIGN))
        return 0;
    const struct framelog_record *record = (const void *)(left->bytes + offset);
    uint64_t word = record->commit;
    uint32_t bytes = (uint32_t)word;
    bool lap_fits = word >> 32 == left->at / left->term_bytes + 1;
    bool in_term = bytes <= left->term_bytes - left->at % left->term_bytes;
    if (!lap_fits || !in_term || bytes % FRAMELOG_ALIGN != 0)
        return 0;
    /* Nobody wrote what padding covers: its head is all there is of it. */
    return record->flags == FRAMELOG_PADDING || backed(left, offset, bytes) ? bytes : 0;
}

static bool padding_valid(const struct framelog_left *left, uint32_t bytes)
{
    return left->at % left->term_bytes + bytes == left->term_bytes;
}

static bool jumbo_valid(struct framelog_left *left, const struct framelog_record *record,
                        uint32_t bytes)
{
    return bytes == sizeof *record && record->payload_bytes <= TD_FRAME_BYTES_MAX &&
           page_of(left)->jumbo == left->at + bytes &&
           (record->payload_bytes == 0 || backed(left, left->jumbo_offset, record->payload_bytes));
}

static bool small_valid(const struct framelog_left *left, const struct framelog_record *record,
                        uint32_t bytes)
{
    uint64_t filled = sizeof *record + (uint64_t)record->payload_bytes;
    return record->payload_bytes <= left->term_bytes / 2 &&
           bytes == (filled + FRAMELOG_ALIGN - 1) / FRAMELOG_ALIGN * FRAMELOG_ALIGN;
}

static bool record_valid(struct framelog_left *left, const struct framelog_record *record,
                         uint32_t bytes)
{
    if (bytes < sizeof *record || record->number == 0 ||
        (left->number && record->number != left->number + 1))
        return false;
    if (record->flags == FRAMELOG_JUMBO)
        return jumbo_valid(left, record, bytes);
    return record->flags == 0 && small_valid(left, record, bytes);
}

static void give(struct framelog_left *left, const struct framelog_record *record,
                 struct td_frame *frame)
{
    *frame = (struct td_frame){
        .number = record->number,
        .recv_ns = record->recv_ns,
        .mono_ns = record->mono_ns,
        .payload = record->flags & FRAMELOG_JUMBO ? (const char *)left->bytes + left->jumbo_offset
                                                  : record->payload,
        .bytes = record->payload_bytes,
        .conn = record->conn,
        .source = record->source,
        .status = record->status,
        .kind = record->kind,
        .origin = record->origin,
    };
    left->number = record->number;
}

/* Ends by itself: one lap on, the first record's lap no longer fits its place. */
int framelog_left_next(struct framelog_left *left, struct td_frame *frame)
{
    for (uint32_t bytes; (bytes = record_bytes(left)) != 0;) {
        const struct framelog_record *record =
            (const void *)(left->bytes + offset_of(left, left->at));
        bool padding = record->flags == FRAMELOG_PADDING;
        if (padding ? !padding_valid(left, bytes) : !record_valid(left, record, bytes))
            return 0;
        left->at += bytes;
        if (padding)
            continue;
        give(left, record, frame);
        return 1;
    }
    return 0;
}
