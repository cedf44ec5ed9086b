/* What files hold: pages of 4 KiB in a pool, each file with two views of each page. A sync is a swap of page numbers. */
#include <stdlib.h>
#include <string.h>

#include "sim/disk_parts.h"

/* ---- files ------------------------------------------------------------------------------------------------------------- */

void want_files(struct sim_disk *disk, uint32_t count)
{
    uint32_t cap = disk->files_cap;
    while (cap < count)
        cap *= 2;
    if (cap == disk->files_cap)
        return;
    disk->file = sim_grow(disk->file, cap, sizeof *disk->file);
    memset(disk->file + disk->files_cap, 0, (cap - disk->files_cap) * sizeof *disk->file);
    disk->files_cap = cap;
}

static uint32_t fresh_number(struct sim_disk *disk)
{
    want_files(disk, disk->files + 1);
    return disk->files++;
}

/* Takes just this number; those that are passed over are free for later. */
static void take_number(struct sim_disk *disk, uint32_t number)
{
    while (disk->files <= number) {
        uint32_t passed = fresh_number(disk);
        disk->file[passed].used = false;
        disk->file[passed].next_free = disk->files_free;
        disk->files_free = passed;
    }
    uint32_t *link = &disk->files_free;
    while (*link != number) {
        TD_ASSERT(*link != 0, "a file number that is free");
        link = &disk->file[*link].next_free;
    }
    *link = disk->file[number].next_free;
}

uint32_t file_new(struct sim_disk *disk, uint32_t number)
{
    if (number != 0) {
        take_number(disk, number);
    } else if (disk->files_free != 0) {
        number = disk->files_free;
        disk->files_free = disk->file[number].next_free;
    } else {
        number = fresh_number(disk);
    }
    struct file *f = &disk->file[number];
    *f = (struct file){.page = f->page, .cap = f->cap, .used = true};
    return number;
}

static void free_page(struct sim_disk *disk, struct page *page)
{
    pool_give(&disk->pool, page->cached);
    if (page->durable != page->cached)
        pool_give(&disk->pool, page->durable);
    if (page->charged)
        disk->used_pages--;
    *page = (struct page){0};
}

void file_hold(struct sim_disk *disk, uint32_t file)
{
    disk->file[file].refs++;
}

void file_drop(struct sim_disk *disk, uint32_t file)
{
    struct file *f = &disk->file[file];
    TD_ASSERT(f->used && f->refs > 0, "a file that somebody holds");
    if (--f->refs > 0)
        return;
    for (uint32_t i = 0; i < f->pages; i++)
        free_page(disk, &f->page[i]);
    f->used = false;
    f->pages = 0;
    f->next_free = disk->files_free;
    disk->files_free = file;
}

void file_uncharge(struct sim_disk *disk, uint32_t file)
{
    struct file *f = &disk->file[file];
    for (uint32_t i = 0; i < f->pages; i++)
        if (f->page[i].charged) {
            f->page[i].charged = false;
            disk->used_pages--;
        }
}

static uint32_t pages_for(int64_t bytes)
{
    return (uint32_t)((bytes + PAGE - 1) / PAGE);
}

static void want_pages(struct file *f, uint32_t pages)
{
    if (pages > f->cap) {
        f->cap = pages > f->cap * 2 ? pages : f->cap * 2;
        f->page = sim_grow(f->page, f->cap, sizeof *f->page);
    }
    if (pages > f->pages) {
        memset(f->page + f->pages, 0, (pages - f->pages) * sizeof *f->page);
        f->pages = pages;
    }
}

void file_copy(struct sim_disk *to, const struct sim_disk *from, uint32_t number)
{
    const struct file *f = &from->file[number];
    struct file *t = &to->file[number];
    struct page *page = t->page;
    uint32_t cap = t->cap;
    *t = *f;
    t->page = page;
    t->cap = cap;
    t->pages = 0;
    want_pages(t, f->pages);
    for (uint32_t i = 0; i < f->pages; i++) {
        const struct page *p = &f->page[i];
        t->page[i] = *p;
        if (p->cached)
            t->page[i].cached = pool_take(&to->pool, pool_at(&from->pool, p->cached));
        if (p->durable)
            t->page[i].durable = p->durable == p->cached
                                     ? t->page[i].cached
                                     : pool_take(&to->pool, pool_at(&from->pool, p->durable));
    }
}

bool file_dirty(const struct file *f)
{
    return f->dirty_from < f->dirty_to || f->changes > 0;
}

static void mark_dirty(struct file *f, uint32_t page)
{
    if (f->dirty_from >= f->dirty_to) {
        f->dirty_from = page;
        f->dirty_to = page + 1;
        return;
    }
    f->dirty_from = page < f->dirty_from ? page : f->dirty_from;
    f->dirty_to = page + 1 > f->dirty_to ? page + 1 : f->dirty_to;
}

static void set_size(struct sim_disk *disk, struct file *f, int64_t bytes)
{
    if (f->changes == SIZES_KEPT)
        memmove(f->change, f->change + 1, --f->changes * sizeof *f->change);
    f->size = bytes;
    f->change[f->changes++] = (struct size_change){++disk->seq, bytes};
}

/* A page of the running view that may be written to. */
static uint8_t *own_page(struct sim_disk *disk, struct page *page)
{
    if (page->cached == page->durable)
        page->cached =
            pool_take(&disk->pool, page->durable ? pool_at(&disk->pool, page->durable) : NULL);
    return pool_at(&disk->pool, page->cached);
}

static void charge(struct sim_disk *disk, struct page *page)
{
    disk->used_pages += !page->charged;
    page->charged = true;
}

/* data NULL: zeros. */
static void put(struct sim_disk *disk, struct file *f, const uint8_t *data, int64_t bytes,
                int64_t offset)
{
    while (bytes > 0) {
        uint32_t number = (uint32_t)(offset / PAGE), at = (uint32_t)(offset % PAGE);
        uint32_t piece = PAGE - at < bytes ? PAGE - at : (uint32_t)bytes;
        struct page *page = &f->page[number];
        uint8_t *to = own_page(disk, page) + at;
        if (data)
            memcpy(to, data, piece);
        else
            memset(to, 0, piece);
        charge(disk, page);
        for (uint32_t s = at / SECTOR; s <= (at + piece - 1) / SECTOR; s++)
            page->seq[s] = ++disk->seq;
        mark_dirty(f, number);
        data = data ? data + piece : NULL;
        bytes -= piece;
        offset += piece;
    }
}

void file_write(struct sim_disk *disk, uint32_t file, const void *data, int64_t bytes,
                int64_t offset)
{
    struct file *f = &disk->file[file];
    if (bytes <= 0)
        return;
    want_pages(f, pages_for(offset + bytes));
    f->last_write = disk->seq + 1;
    put(disk, f, data, bytes, offset);
    if (offset + bytes > f->size)
        set_size(disk, f, offset + bytes);
}

int64_t file_read(const struct sim_disk *disk, uint32_t file, void *data, int64_t bytes,
                  int64_t offset)
{
    const struct file *f = &disk->file[file];
    if (offset >= f->size)
        return 0;
    bytes = bytes < f->size - offset ? bytes : f->size - offset;
    for (int64_t done = 0; done < bytes;) {
        uint32_t number = (uint32_t)((offset + done) / PAGE),
                 at = (uint32_t)((offset + done) % PAGE);
        int64_t piece = PAGE - at < bytes - done ? PAGE - at : bytes - done;
        uint32_t page = number < f->pages ? f->page[number].cached : 0;
        memcpy((uint8_t *)data + done, pool_at(&disk->pool, page) + at, (size_t)piece);
        done += piece;
    }
    return bytes;
}

/* What is cut off reads as zeros when the file grows again: for the card that is a write of zeros. */
void file_truncate(struct sim_disk *disk, uint32_t file, int64_t bytes)
{
    struct file *f = &disk->file[file];
    if (bytes == f->size)
        return;
    if (bytes < f->size) {
        int64_t end = (int64_t)f->pages * PAGE;
        for (uint32_t i = (uint32_t)(bytes / PAGE); i < f->pages; i++) {
            int64_t from = (int64_t)i * PAGE > bytes ? (int64_t)i * PAGE : bytes;
            int64_t to = (int64_t)(i + 1) * PAGE < end ? (int64_t)(i + 1) * PAGE : end;
            if (f->page[i].cached)
                put(disk, f, NULL, to - from, from);
            if (from % PAGE == 0 && f->page[i].charged) {
                f->page[i].charged = false;
                disk->used_pages--;
            }
        }
    }
    want_pages(f, pages_for(bytes));
    set_size(disk, f, bytes);
}

void file_reserve(struct sim_disk *disk, uint32_t file, int64_t bytes)
{
    struct file *f = &disk->file[file];
    want_pages(f, pages_for(bytes));
    for (uint32_t i = 0; i < pages_for(bytes); i++)
        charge(disk, &f->page[i]);
    if (bytes > f->size)
        set_size(disk, f, bytes);
}

uint64_t file_unpaid(const struct sim_disk *disk, uint32_t file, int64_t offset, int64_t bytes)
{
    const struct file *f = &disk->file[file];
    uint64_t unpaid = 0;
    for (uint32_t i = (uint32_t)(offset / PAGE); i < pages_for(offset + bytes); i++)
        unpaid += i >= f->pages || !f->page[i].charged;
    return unpaid;
}

/* ---- syncs -------------------------------------------------------------------------------------------------------------- */

static bool page_dirty(const struct page *page)
{
    for (int s = 0; s < SECTORS; s++)
        if (page->seq[s])
            return true;
    return false;
}

static void save_page(struct sim_disk *disk, struct page *page)
{
    if (page->durable != page->cached)
        pool_give(&disk->pool, page->durable);
    page->durable = page->cached;
    memset(page->seq, 0, sizeof page->seq);
}

/* The running view keeps what it was told; the durable view is as before. */
static void forget_page(struct page *page)
{
    memset(page->seq, 0, sizeof page->seq);
}

static void copy_sector(struct sim_disk *disk, struct page *page, int s)
{
    if (page->durable == page->cached)
        return;
    if (page->durable == 0)
        page->durable = pool_take(&disk->pool, NULL);
    memcpy(pool_at(&disk->pool, page->durable) + s * SECTOR,
           pool_at(&disk->pool, page->cached) + s * SECTOR, SECTOR);
}

/* Sectors older than `before` are saved, the others stay in doubt. */
static void save_older(struct sim_disk *disk, struct page *page, uint32_t before)
{
    for (int s = 0; s < SECTORS; s++)
        if (page->seq[s] && page->seq[s] < before) {
            copy_sector(disk, page, s);
            page->seq[s] = 0;
        }
}

static void misdirect(struct sim_disk *disk, struct file *f, uint32_t number)
{
    uint32_t other = (uint32_t)(sim_random(&disk->random) % f->pages);
    struct page *from = &f->page[number], *to = &f->page[other];
    if (other != number) {
        if (to->durable != to->cached)
            pool_give(&disk->pool, to->durable);
        to->durable = pool_take(&disk->pool, pool_at(&disk->pool, from->cached));
    }
    forget_page(from);
}

void file_sync_upto(struct sim_disk *disk, uint32_t file, uint32_t upto)
{
    struct file *f = &disk->file[file];
    uint32_t kept = 0;
    for (uint32_t i = f->dirty_from; i < f->dirty_to && i < f->pages; i++)
        save_older(disk, &f->page[i], upto + 1);
    for (uint32_t i = 0; i < f->changes; i++)
        if (f->change[i].seq <= upto)
            f->durable_size = f->change[i].bytes;
        else
            f->change[kept++] = f->change[i];
    f->changes = kept;
}

static void sync_page(struct sim_disk *disk, struct page *page)
{
    int64_t limit = disk->false_capacity / PAGE;
    if (disk->false_capacity && page->durable == 0 && (int64_t)disk->used_pages > limit)
        forget_page(page);
    else
        save_page(disk, page);
}

void file_sync(struct sim_disk *disk, uint32_t file, uint8_t how)
{
    struct file *f = &disk->file[file];
    bool missed = how == SIM_FAULT_MISDIRECT + 1;
    if (how == SIM_FAULT_PARTIAL + 1) {
        file_sync_upto(disk, file, f->last_write - 1);
        return;
    }
    for (uint32_t i = f->dirty_from; i < f->dirty_to && i < f->pages; i++) {
        struct page *page = &f->page[i];
        if (!page_dirty(page))
            continue;
        if (missed)
            misdirect(disk, f, i);
        else
            sync_page(disk, page);
        missed = false;
    }
    f->durable_size = f->size;
    f->changes = 0;
    f->dirty_from = f->dirty_to = 0;
}

void file_give_up(struct sim_disk *disk, uint32_t file)
{
    struct file *f = &disk->file[file];
    for (uint32_t i = f->dirty_from; i < f->dirty_to && i < f->pages; i++)
        forget_page(&f->page[i]);
    f->changes = 0;
    f->dirty_from = f->dirty_to = 0;
}

void file_drop_cache(struct sim_disk *disk, uint32_t file)
{
    struct file *f = &disk->file[file];
    for (uint32_t i = 0; i < f->pages; i++) {
        struct page *page = &f->page[i];
        if (page->cached == page->durable || page_dirty(page))
            continue;
        pool_give(&disk->pool, page->cached);
        page->cached = page->durable;
    }
}

/* ---- cuts ------------------------------------------------------------------------------------------------------------------ */

bool choice_takes(struct choice *choice, uint32_t seq)
{
    switch (choice->cut.mode) {
    case SIM_CUT_ALL:
        return true;
    case SIM_CUT_PREFIX:
        return seq <= choice->cut.upto;
    case SIM_CUT_REVERSED:
        return seq > choice->cut.upto;
    case SIM_CUT_RANDOM:
        return (sim_random(&choice->random) & 0xFFFF) < choice->share;
    default:
        return false;
    }
}

static void cut_page(struct sim_disk *disk, struct page *page, struct choice *choice)
{
    bool whole = choice->whole_pages && choice->cut.mode == SIM_CUT_RANDOM;
    bool taken = whole && choice_takes(choice, 0);
    for (int s = 0; s < SECTORS; s++)
        if (page->seq[s] && (whole ? taken : choice_takes(choice, page->seq[s])))
            copy_sector(disk, page, s);
    if (page->cached != page->durable)
        pool_give(&disk->pool, page->cached);
    page->cached = page->durable;
    forget_page(page);
}

static int64_t cut_size(const struct file *f, struct choice *choice)
{
    int64_t bytes = f->durable_size;
    if (choice->cut.mode == SIM_CUT_RANDOM) {
        uint64_t which = sim_random(&choice->random) % (f->changes + 1);
        return which == 0 ? bytes : f->change[which - 1].bytes;
    }
    for (uint32_t i = 0; i < f->changes; i++)
        if (choice_takes(choice, f->change[i].seq))
            bytes = f->change[i].bytes;
    return bytes;
}

/* What lies beyond the size that came through is not the file's any more. */
static void cut_tail(struct sim_disk *disk, struct file *f)
{
    for (uint32_t i = (uint32_t)(f->size / PAGE); i < f->pages; i++) {
        struct page *page = &f->page[i];
        uint32_t keep = (uint32_t)(i == f->size / PAGE ? f->size % PAGE : 0);
        if (keep && page->cached) {
            memset(pool_at(&disk->pool, page->cached) + keep, 0, PAGE - keep);
        } else if (!keep) {
            pool_give(&disk->pool, page->cached);
            page->cached = page->durable = 0;
            disk->used_pages -= page->charged;
            page->charged = false;
        }
    }
}

void file_cut(struct sim_disk *disk, uint32_t file, struct choice *choice)
{
    struct file *f = &disk->file[file];
    if (file_dirty(f)) {
        for (uint32_t i = f->dirty_from; i < f->dirty_to && i < f->pages; i++)
            cut_page(disk, &f->page[i], choice);
        f->durable_size = cut_size(f, choice);
    }
    file_drop_cache(disk, file);
    bool shorter = f->durable_size < (int64_t)f->pages * PAGE;
    f->size = f->durable_size;
    f->changes = 0;
    f->dirty_from = f->dirty_to = 0;
    f->last_write = 0;
    f->late = 0;
    if (shorter)
        cut_tail(disk, f);
    want_pages(f, pages_for(f->size));
    for (uint32_t i = 0; i < pages_for(f->size); i++)
        charge(disk, &f->page[i]);
}
