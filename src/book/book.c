#include "book/book.h"

#include "book/chunks_state.h"
#include "book/side.h"

struct book {
    struct book_pool *pool;
    struct book_side side[2]; /* bids, asks */
};

/* Both sides in one order: smallest key best. ~ turns the order of every int64 round without
 * overflow. */
static inline int64_t key_of(uint8_t side, int64_t price_steps)
{
    return price_steps ^ -(int64_t)(side == TD_SIDE_BID);
}

static inline const struct book_side *side_of(const struct book *book, uint8_t side)
{
    TD_ASSERT(side == TD_SIDE_BID || side == TD_SIDE_ASK, "a level is a bid or an ask");
    return &book->side[side - TD_SIDE_BID];
}

size_t book_footprint(void)
{
    return sizeof(struct book);
}

struct book *book_init(void *mem, struct book_pool *pool)
{
    struct book *book = mem;

    book->pool = pool;
    side_init(&book->side[0]);
    side_init(&book->side[1]);
    return book;
}

void book_clear(struct book *book)
{
    side_clear(&book->side[0], book->pool);
    side_clear(&book->side[1], book->pool);
}

void book_settle(struct book *book)
{
    side_settle(&book->side[0], book->pool);
    side_settle(&book->side[1], book->pool);
}

static inline int set_once(struct book *book, struct book_side *side, int64_t key, int64_t size,
                           int64_t *was)
{
    uint64_t slot = ladder_slot(&side->ladder, key);

    if (__builtin_expect(slot < side->ladder.slots, 1))
        return ladder_set(&side->ladder, (uint32_t)slot, size, was);
    return side_set_far(side, book->pool, key, size, was);
}

/* The pool is out of chunks: where this book's are poorly filled, pack them and try once more. */
static __attribute__((noinline)) int set_packed(struct book *book, struct book_side *side,
                                                int64_t key, int64_t size, int64_t *was)
{
    bool bids = chunk_tree_pack(&book->side[0].tree, book->pool);
    bool asks = chunk_tree_pack(&book->side[1].tree, book->pool);

    return bids || asks ? set_once(book, side, key, size, was) : TD_E_BOOK_FULL;
}

int book_set_was(struct book *book, uint8_t side, int64_t price_steps, int64_t size_steps,
                 int64_t *was_steps)
{
    struct book_side *at = (struct book_side *)side_of(book, side);
    int64_t key = key_of(side, price_steps);

    TD_ASSERT(size_steps >= 0, "sizes are absolute");
    int change = set_once(book, at, key, size_steps, was_steps);
    if (__builtin_expect(change == TD_E_BOOK_FULL, 0))
        return set_packed(book, at, key, size_steps, was_steps);
    return change;
}

int book_set(struct book *book, uint8_t side, int64_t price_steps, int64_t size_steps)
{
    int64_t was;

    return book_set_was(book, side, price_steps, size_steps, &was);
}

int64_t book_size(const struct book *book, uint8_t side, int64_t price_steps)
{
    const struct book_side *at = side_of(book, side);
    int64_t key = key_of(side, price_steps);
    uint64_t slot = ladder_slot(&at->ladder, key);

    if (slot >= at->ladder.slots)
        return chunk_tree_size(&at->tree, book->pool, key);
    return ladder_holds(&at->ladder, (uint32_t)slot) ? at->ladder.size[slot] : 0;
}

__int128 book_sum(const struct book *book, uint8_t side, int64_t from_steps, int64_t to_steps)
{
    const struct book_side *at = side_of(book, side);
    int64_t a = key_of(side, from_steps), b = key_of(side, to_steps);
    int64_t low = a < b ? a : b, high = a < b ? b : a;

    if (from_steps > to_steps)
        return 0;
    __int128 sum = ladder_sum(&at->ladder, low, high);
    struct chunk_at far = chunk_tree_first(&at->tree);
    if (far.leaf != CHUNK_NONE && book->pool->chunk[far.leaf].key[0] <= high)
        sum += chunk_tree_sum(&at->tree, book->pool, low, high);
    return sum;
}

uint32_t book_levels(const struct book *book, uint8_t side)
{
    return side_levels(side_of(book, side));
}

bool book_best(const struct book *book, uint8_t side, int64_t *price_steps, int64_t *size_steps)
{
    if (!side_best(side_of(book, side), book->pool, price_steps, size_steps))
        return false;
    *price_steps = key_of(side, *price_steps);
    return true;
}

/* Levels of the ladder up to the first far one, word by word: nearly always all that is asked for. Leaves the walk behind them. */
static uint32_t ladder_run(struct side_walk *walk, uint8_t side, uint32_t count,
                           struct td_level *out)
{
    const struct ladder *ladder = &walk->side->ladder;
    uint32_t filled = 0, slot = walk->slot;
    int64_t far = walk->far.leaf == CHUNK_NONE
                      ? INT64_MAX
                      : walk->pool->chunk[walk->far.leaf].key[walk->far.index];

    while (filled < count && slot < LADDER_SLOTS) {
        uint32_t at = slot / 64;
        uint64_t word = ladder->word[at] >> (slot % 64) << (slot % 64);
        for (; word != 0 && filled < count; word &= word - 1) {
            slot = at * 64 + (uint32_t)__builtin_ctzll(word);
            int64_t key = ladder_key(ladder, slot);
            walk->slot = slot;
            if (key > far)
                return filled;
            out[filled++] = (struct td_level){key_of(side, key), ladder->size[slot], side};
        }
        slot = walk->slot = ladder_next(ladder, slot + 1);
    }
    return filled;
}

uint32_t book_top(const struct book *book, uint8_t side, uint32_t count, struct td_level *out)
{
    struct side_walk walk = side_walk_begin(side_of(book, side), book->pool);
    uint32_t filled = ladder_run(&walk, side, count, out);
    int64_t key, size;

    while (filled < count && side_next(&walk, &key, &size))
        out[filled++] = (struct td_level){key_of(side, key), size, side};
    return filled;
}

void book_walk(const struct book *book, uint8_t side,
               bool (*visit)(void *arg, int64_t price_steps, int64_t size_steps), void *arg)
{
    struct side_walk walk = side_walk_begin(side_of(book, side), book->pool);
    int64_t key, size;

    while (side_next(&walk, &key, &size)) {
        if (!visit(arg, key_of(side, key), size))
            return;
    }
}

bool book_beyond(const struct book *book, uint8_t side, uint32_t depth, int64_t *price_steps,
                 int64_t *size_steps)
{
    const struct book_side *at = side_of(book, side);

    if (side_levels(at) <= depth || !side_worst(at, book->pool, price_steps, size_steps))
        return false;
    *price_steps = key_of(side, *price_steps);
    return true;
}

bool book_crossed(const struct book *book)
{
    int64_t bid, ask, size;

    return book_best(book, TD_SIDE_BID, &bid, &size) && book_best(book, TD_SIDE_ASK, &ask, &size) &&
           bid >= ask;
}

struct factors {
    int64_t price, size;
    bool fits;
};

static bool level_fits(void *arg, int64_t price_steps, int64_t size_steps)
{
    struct factors *factors = arg;
    int64_t product;

    factors->fits = !__builtin_mul_overflow(price_steps, factors->price, &product) &&
                    !__builtin_mul_overflow(size_steps, factors->size, &product);
    return factors->fits;
}

td_err book_rescale(struct book *book, int64_t price_factor, int64_t size_factor)
{
    struct factors factors = {price_factor, size_factor, true};

    TD_ASSERT(price_factor > 0 && size_factor > 0, "scales only grow finer");
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        book_walk(book, side, level_fits, &factors);
        TD_FAIL_IF(!factors.fits, TD_E_OVERFLOW);
    }
    for (uint8_t side = TD_SIDE_BID; side <= TD_SIDE_ASK; side++) {
        struct book_side *at = &book->side[side - TD_SIDE_BID];
        bool bid = side == TD_SIDE_BID;
        chunk_tree_rescale(&at->tree, book->pool, bid, price_factor, size_factor);
        ladder_rescale(&at->ladder, bid, price_factor, size_factor);
    }
    return 0;
}

void book_state(struct book *book, struct td_state *state)
{
    enum { MARK = 0x6b6f6f62 };

    td_state_mark(state, MARK);
    side_state(&book->side[0], book->pool, state);
    side_state(&book->side[1], book->pool, state);
}

void book_state_point(struct book *book)
{
    chunk_tree_settle(&book->side[0].tree, book->pool);
    chunk_tree_settle(&book->side[1].tree, book->pool);
}
