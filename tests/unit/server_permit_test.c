/* server: the permissions table says what the issue says: three roles, and what a request without a session may. */
#include "server/http.h"
#include "support/test.h"

static void roles_have_their_rights(void **state)
{
    (void)state;
    assert_true(mr_may("organiser", MR_MAY_CORRECT));
    assert_true(mr_may("organiser", MR_MAY_RUN));
    assert_false(mr_may("organiser", MR_MAY_OPERATE)); /* the white team plays no plant */
    assert_true(mr_may("team", MR_MAY_FINDING));
    assert_true(mr_may("team", MR_MAY_FIREWALL));
    assert_false(mr_may("team", MR_MAY_CONTROL));
    assert_false(mr_may("team", MR_MAY_CORRECT));
    assert_true(mr_may("spectator", MR_MAY_BOARD));
    assert_false(mr_may("spectator", MR_MAY_TEAM));
    assert_true(mr_may(MR_ROLE_ANYONE, MR_MAY_BOARD));
    for (int right = MR_MAY_SELF; right < MR_RIGHT_COUNT; right++) {
        assert_false(mr_may(MR_ROLE_ANYONE, (enum mr_right)right));
        assert_false(mr_may("nobody", (enum mr_right)right));
    }
    assert_false(mr_role_known("admin"));
}

/* What changes something is never a GET, and what is below /api/team/ belongs to a team. */
static void routes_fit_their_rights(void **state)
{
    (void)state;
    size_t n;
    const struct mr_route *r = mr_routes(&n);
    for (size_t i = 0; i < n; i++) {
        bool changes = r[i].right == MR_MAY_OPERATE || r[i].right == MR_MAY_FINDING || r[i].right == MR_MAY_FIREWALL ||
                       r[i].right == MR_MAY_RUN || r[i].right == MR_MAY_CORRECT;
        assert_int_equal(changes && r[i].method == MR_GET, 0);
        assert_int_equal(r[i].needs_team, strncmp(r[i].path, "/api/team", 9) == 0);
        assert_int_equal(r[i].right == MR_MAY_BOARD && r[i].needs_team, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roles_have_their_rights),
        cmocka_unit_test(routes_fit_their_rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
