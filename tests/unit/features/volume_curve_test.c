#include "features/volume_curve.h"

#include "test.h"

/* Correction: it read to the end of the hour. */
TEST(past_sessions_count_up_to_the_same_instant)
{
    static struct volume_curve c;
    double ratio;

    memset(&c, 0, sizeof c);
    volume_curve_session(&c);
    volume_curve_trade(&c, 0, 10);
    volume_curve_trade(&c, 5, 90);
    CHECK(!volume_curve_ratio(&c, 1, &ratio));
    volume_curve_session(&c);
    volume_curve_trade(&c, 0, 20);
    CHECK(!volume_curve_ratio(&c, 0, &ratio));
    CHECK(volume_curve_ratio(&c, 5, &ratio));
    CHECK_EQ_F64(ratio, 2);
    CHECK(volume_curve_ratio(&c, 6, &ratio));
    CHECK_EQ_F64(ratio, 0.2);
}

TEST(seven_sessions_are_kept)
{
    static struct volume_curve c;
    double ratio;

    memset(&c, 0, sizeof c);
    for (int i = 0; i < 9; i++) {
        volume_curve_session(&c);
        volume_curve_trade(&c, 0, i < 2 ? 1000 : 10);
    }
    volume_curve_session(&c);
    volume_curve_trade(&c, 0, 30);
    CHECK(volume_curve_ratio(&c, 1, &ratio));
    CHECK_EQ_F64(ratio, 3);
}
