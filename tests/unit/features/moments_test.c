/* Exact moments and the 256-bit numbers under them, against long doubles and against themselves. */
#include "features/moments.h"

#include "test.h"

static uint64_t random_state = 9;

static uint64_t random_next(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return random_state ^ random_state >> 29;
}

static __int128 random_wide(unsigned bits)
{
    unsigned __int128 value = (unsigned __int128)random_next() << 64 | random_next();
    value >>= 128 - bits;
    return random_next() % 2 ? (__int128)value : -(__int128)value;
}

/* (a + b)^2 = a^2 + 2ab + b^2, limb by limb. */
TEST(products_obey_the_binomial)
{
    for (int i = 0; i < 20000; i++) {
        __int128 a = random_wide(1 + (unsigned)(random_next() % 125));
        __int128 b = random_wide(1 + (unsigned)(random_next() % 125));
        struct wide left = wide_signed_product(a + b, a + b);
        struct wide right = wide_add(wide_signed_product(a, a), wide_signed_product(b, b));
        right = wide_add(right, wide_times(wide_signed_product(a, b), 2));
        CHECK(left.low == right.low && left.high == right.high);
        CHECK(!wide_negative(left));
    }
}

TEST(doubles_of_wide_numbers)
{
    CHECK_EQ_F64(wide_double(wide_of(-5)), -5.0);
    CHECK_EQ_F64(
        wide_double(wide_product((unsigned __int128)1 << 127, (unsigned __int128)1 << 127)),
        0x1p254);
    CHECK_EQ_F64(wide_narrow(-((__int128)1 << 100)), -0x1p100);
    for (int i = 0; i < 1000; i++) {
        __int128 a = random_wide(126), b = random_wide(126);
        long double want = (long double)a * (long double)b;
        CHECK_NEAR_F64(wide_double(wide_signed_product(a, b)) / (double)want, 1.0, 1e-15);
    }
}

TEST(fixed_point_keeps_a_doubles_digits)
{
    CHECK(moments_fixed(1.0) == (__int128)1 << 52);
    CHECK(moments_fixed(-0.75) == -((__int128)3 << 50));
    CHECK(moments_fixed(0x1p-52) == 1);
    CHECK(moments_fixed(0x1p-53) == 0);
    CHECK(moments_fixed(0) == 0);
    CHECK(moments_fixed(-0x1p55) == -((__int128)1 << 107));
    CHECK(moments_fixed(123456789.125) == (__int128)(123456789.125 * 8) << 49);
}

/* A deviation 12 digits below the mean: plain doubles would have lost all of it. */
TEST(no_cancellation)
{
    struct moments m = {0};
    for (int i = 0; i < 1000; i++)
        moments_add(&m, moments_fixed(1e6 + (i % 2 ? 0x1p-20 : 0)));
    CHECK_NEAR_F64(moments_mean(&m) * 0x1p-52, 1e6 + 0x1p-21, 1e-9);
    double want = 0x1p-21 * sqrt(1000.0 / 999);
    CHECK_NEAR_F64(moments_deviation(&m) * 0x1p-52, want, want * 1e-12);
}

TEST(empty_and_single)
{
    struct moments m = {0};
    CHECK(isnan(moments_mean(&m)));
    moments_add(&m, 7);
    CHECK_EQ_F64(moments_mean(&m), 7.0);
    CHECK(isnan(moments_deviation(&m)));
    moments_add(&m, 7);
    CHECK_EQ_F64(moments_deviation(&m), 0.0);
}

TEST(random_values_against_long_doubles)
{
    for (int round = 0; round < 50; round++) {
        double value[200];
        struct moments m = {0};
        long double mean = 0, square = 0;
        for (int i = 0; i < 200; i++) {
            value[i] = ldexp((double)(int64_t)random_next(), -40 - round % 20);
            moments_add(&m, moments_fixed(1e9)); /* comes and goes */
            moments_add(&m, moments_fixed(value[i]));
            moments_remove(&m, moments_fixed(1e9));
            mean += value[i] / 200.0L;
        }
        for (int i = 0; i < 200; i++)
            square += (value[i] - mean) * (value[i] - mean);
        double want = (double)sqrtl(square / 199);
        CHECK_NEAR_F64(moments_deviation(&m) * 0x1p-52, want, want * 1e-13);
    }
}
