/* The frame layer's only allocation is its context. It is compiled here with that one call led to
 * the caller's memory, so that the layout of the context stays wslay's own business. */
#include <stdlib.h>
#include <wslay/wslay_place.h>

static _Thread_local void *next_place;

static void *take_place(size_t bytes)
{
    void *place = next_place;
    next_place = NULL;
    return place ? place : malloc(bytes);
}

#define malloc take_place
#include "wslay_frame.c"
#undef malloc

size_t wslay_frame_context_footprint(void)
{
    return sizeof(struct wslay_frame_context);
}

wslay_frame_context_ptr
wslay_frame_context_place(void *mem, const struct wslay_frame_callbacks *callbacks, void *user_data)
{
    wslay_frame_context_ptr ctx;
    next_place = mem;
    wslay_frame_context_init(&ctx, callbacks, user_data);
    return ctx;
}
