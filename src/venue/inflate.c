#include "venue/inflate.h"

#define ZLIB_CONST
#include <zlib.h>

enum {
    /* The decoder's state is 7 KB; the window of 32 KiB is asked for where a frame does not end. */
    WORK_BYTES = 48 << 10,
    WINDOW_BITS = 15,
    GZIP_ALONE = 16 /* added to the window: gzip's header and end are asked for and checked */
};

struct inflate {
    z_stream stream;
    size_t used, text_max;
    _Alignas(64) unsigned char work[WORK_BYTES];
    char text[];
};

size_t inflate_footprint(size_t text_max)
{
    return sizeof(struct inflate) + text_max;
}

struct inflate *inflate_init(void *mem, size_t text_max)
{
    struct inflate *unpack = mem;
    unpack->text_max = text_max;
    return unpack;
}

/* Each frame begins with all of the work space free again. */
static voidpf take(voidpf opaque, uInt items, uInt size)
{
    struct inflate *unpack = opaque;
    size_t bytes = ((size_t)items * size + 63) & ~(size_t)63;
    TD_ASSERT(bytes <= sizeof unpack->work - unpack->used, "the decoder's needs are known");
    void *mem = unpack->work + unpack->used;
    unpack->used += bytes;
    return mem;
}

static void let_go(voidpf opaque, voidpf mem)
{
    (void)opaque, (void)mem;
}

static void begin(struct inflate *unpack, enum venue_compression form, struct td_text packed)
{
    z_stream *stream = &unpack->stream;
    unpack->used = 0;
    *stream = (z_stream){.zalloc = take,
                         .zfree = let_go,
                         .opaque = unpack,
                         .next_in = (const Bytef *)packed.at,
                         .avail_in = packed.bytes,
                         .next_out = (Bytef *)unpack->text,
                         .avail_out = (uInt)unpack->text_max};
    int begun = inflateInit2(stream, form == VENUE_GZIP ? WINDOW_BITS + GZIP_ALONE : -WINDOW_BITS);
    TD_ASSERT(begun == Z_OK, "header and library are of one version");
}

/* Z_BUF_ERROR says that the input or the room came to an end. A text that just fits ends well, so without room there was more to come. */
td_err inflate_frame(struct inflate *unpack, enum venue_compression form, struct td_text packed,
                     struct td_text *text)
{
    TD_ASSERT(form != VENUE_PLAIN, "only what was packed is unpacked");
    z_stream *stream = &unpack->stream;
    begin(unpack, form, packed);
    int result = inflate(stream, Z_FINISH);
    TD_FAIL_IF(result == Z_BUF_ERROR && stream->avail_out == 0, TD_E_NO_ROOM);
    TD_FAIL_IF(result != Z_STREAM_END || stream->avail_in > 0, TD_E_SYNTAX);
    *text = (struct td_text){unpack->text, (uint32_t)(unpack->text_max - stream->avail_out)};
    return 0;
}
