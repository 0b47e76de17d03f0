// Ground truth: leak
/* C: a configuration reader that duplicates each value and overwrites the pointer on the next
 * reload without releasing what was there. The block comes from strdup, inside libc. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pace.h"

enum { SETTINGS = 16 };

struct setting {
    char name[24];
    char* value;
    char* previous; /* released properly: it shares its line with nobody */
};

struct config {
    struct setting settings[SETTINGS];
    unsigned generation;
};

static __attribute__((noinline)) void set_value(struct setting* setting, const char* text) {
    /* The old value is lost. */
    setting->value = strdup(text);  // LEAK
    pace_leaked(strlen(text) + 1);
}

static __attribute__((noinline)) void remember_previous(struct setting* setting) {
    free(setting->previous);
    setting->previous = setting->value == NULL ? NULL : strdup(setting->value);
}

static __attribute__((noinline)) void reload(struct config* config) {
    char text[96];
    struct setting* setting = &config->settings[config->generation % SETTINGS];
    snprintf(text, sizeof text, "the value of %s in generation %u", setting->name,
             config->generation);
    remember_previous(setting);
    set_value(setting, text);
    config->generation++;
}

int main(int argc, char** argv) {
    pace_start(argc, argv, 600);
    struct config config;
    memset(&config, 0, sizeof config);
    for (int i = 0; i < SETTINGS; i++) {
        snprintf(config.settings[i].name, sizeof config.settings[i].name, "setting_%d", i);
    }
    while (pace_next())
        reload(&config);
    return pace_finish();
}
