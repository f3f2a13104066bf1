/* The folder of a run: after an old run is set aside, whoever the process becomes can still write there. */
#include "wire/statedir.h"

#include "support/test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534u

static void new_folders_belong_to_the_user(void **state)
{
    (void)state;
    char path[] = "/tmp/statedir-XXXXXX";
    struct stat st;
    assert_non_null(mkdtemp(path));
    assert_true(mr_statedir_enter(path, NOBODY));
    FILE *f = fopen(MR_STATE_EVENTS, "w");
    assert_non_null(f);
    (void)fclose(f);
    assert_true(mr_statedir_set_aside());
    static const char *const folders[] = {MR_STATE_SNAPSHOTS, MR_STATE_CAPTURES, "previous"};
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        assert_int_equal(stat(folders[i], &st), 0);
        assert_int_equal(st.st_uid, geteuid() == 0 ? NOBODY : geteuid());
    }
    const char *const left[] = {"previous/" MR_STATE_EVENTS,
                                "previous/" MR_STATE_SNAPSHOTS,
                                "previous/" MR_STATE_CAPTURES,
                                "previous",
                                MR_STATE_SNAPSHOTS,
                                MR_STATE_CAPTURES,
                                ".lock",
                                path};
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        assert_int_equal(remove(left[i]), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(new_folders_belong_to_the_user)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
