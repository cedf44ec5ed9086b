// SPDX-License-Identifier: GPL-2.0
/* Low voltage, as the firmware of a Raspberry Pi reports it: hwmon `rpi_volt`, in0_lcrit_alarm, the name and file that the kernel's own driver
   (off in the distribution's kernel) gives. The firmware is asked when the file is read: 1 when the voltage is low, or was since the last time.
   The kernel makes the device "raspberrypi-hwmon" where the firmware answers; elsewhere this driver does nothing. */
#include <linux/err.h>
#include <linux/hwmon.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <soc/bcm2835/raspberrypi-firmware.h>

#define LOW_NOW BIT(0)
#define LOW_SINCE BIT(16)
/* Sent with the question: these bits of history begin anew. */
#define FORGET 0xffff

static umode_t is_visible(const void *data, enum hwmon_sensor_types type, u32 attr, int channel)
{
    return 0444;
}

static int read(struct device *dev, enum hwmon_sensor_types type, u32 attr, int channel,
                long *value)
{
    u32 bits = FORGET;
    int err = rpi_firmware_property(dev_get_drvdata(dev), RPI_FIRMWARE_GET_THROTTLED, &bits,
                                    sizeof(bits));
    if (err)
        return err;
    *value = (bits & (LOW_NOW | LOW_SINCE)) != 0;
    return 0;
}

static const struct hwmon_channel_info *const channels[] = {
    HWMON_CHANNEL_INFO(in, HWMON_I_LCRIT_ALARM), NULL};
static const struct hwmon_ops ops = {.is_visible = is_visible, .read = read};
static const struct hwmon_chip_info chip = {.ops = &ops, .info = channels};

static int probe(struct platform_device *device)
{
    void *firmware = dev_get_drvdata(device->dev.parent);
    return PTR_ERR_OR_ZERO(
        devm_hwmon_device_register_with_info(&device->dev, "rpi_volt", firmware, &chip, NULL));
}

static struct platform_driver rpi_volt = {.probe = probe, .driver = {.name = "raspberrypi-hwmon"}};
module_platform_driver(rpi_volt);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Low voltage as the firmware of a Raspberry Pi reports it");
