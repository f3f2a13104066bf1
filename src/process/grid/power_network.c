/* power_network.c - the network of the living grid: the matrix of impedances, and voltages and currents from it.
 *
 * Branches are pi circuits as in network.c. An end that is open is eliminated, one that is earthed has no voltage, a fault on a
 * line lies at its middle. Loads stand in the matrix as constant impedances; what they draw beyond is injected as a current (Kundur,
 * Power System Stability and Control, section 13.3). The matrix is inverted whenever a switch has moved, by Gauss and Jordan's method
 * with the largest diagonal element left as pivot: 40 nodes need the whole inverse, which is dense, and it is the same bits everywhere. */
#include "process/grid/power.h"

#include "base/maths.h"

#include <string.h>

#define LOAD_UNIT  50.0 /* pg_topology.load counts in fiftieths */
#define LOW_VOLTS  0.7  /* below it a load is a constant impedance whatever its shares */
#define ITERATIONS 12   /* of loads against voltages when the network has changed */

struct matrix {
    double (*re)[PG_BUSES];
    double (*im)[PG_BUSES];
    int n;
};

static void add(struct matrix m, int i, int j, struct mr_complex y)
{
    m.re[i][j] += y.re;
    m.im[i][j] += y.im;
}

static bool bus_dead_short(const struct pg *g, const struct pg_topology *t, int bus)
{
    bool on_earth = t->bus_fault[bus];
    for (int k = 0; k < g->c->nbranch; k++) {
        const struct pg_branch *b = &g->c->branch[k];
        on_earth |= b->from == bus && t->joined[pg_near(k)] && t->earthed[pg_near(k)];
        on_earth |= b->to == bus && t->joined[pg_far(k)] && t->earthed[pg_far(k)];
    }
    return on_earth;
}

/* The two-port of a branch as its ends are. */
static void branch_ports(const struct pg *g, const struct pg_input *in, const struct pg_topology *t, int k,
                         struct mr_complex y[4])
{
    const struct pg_branch *b = &g->c->branch[k];
    struct mr_complex series = mr_cinv((struct mr_complex){b->r, b->x});
    double ratio = b->tap * (1 + t->tap[k] * in->param[PGP_TAP_STEP]);
    bool cut = t->branch_fault[k];
    struct mr_complex own = {series.re * (cut ? 2 : 1), series.im * (cut ? 2 : 1) + b->b / 2};
    struct mr_complex through = cut ? (struct mr_complex){0, 0} : (struct mr_complex){-series.re / ratio, -series.im / ratio};
    y[0] = (struct mr_complex){own.re / (ratio * ratio), own.im / (ratio * ratio)};
    y[1] = y[2] = through;
    y[3] = own;
    for (int e = 0; e < 2; e++) { /* this end's effect on the other one */
        struct mr_complex *mine = e == 0 ? &y[0] : &y[3];
        struct mr_complex *other = e == 0 ? &y[3] : &y[0];
        if (!t->joined[2 * k + e] && !t->earthed[2 * k + e]) {
            *other = mr_cadd(*other, mr_cneg(mr_cmul(mr_cmul(y[1], y[2]), mr_cinv(*mine))));
        }
        if (!t->joined[2 * k + e]) {
            *mine = (struct mr_complex){0, 0};
        }
        if (!t->joined[2 * k + e] || t->earthed[2 * k + e]) {
            y[1] = y[2] = (struct mr_complex){0, 0};
        }
    }
}

/* Which buses hang together, and which of those parts have a machine. */
static void find_islands(struct pg *g, const struct pg_topology *t)
{
    struct pg_net *n = &g->net;
    const struct pg_case *c = g->c;
    memset(n->island, -1, sizeof n->island);
    n->islands = 0;
    for (int m = 0; m < c->nmachine; m++) {
        if (!t->machine[m] || n->island[c->machine[m].bus] >= 0) {
            continue;
        }
        n->island[c->machine[m].bus] = n->islands;
        for (bool grew = true; grew;) {
            grew = false;
            for (int k = 0; k < c->nbranch; k++) {
                int *from = &n->island[c->branch[k].from];
                int *to = &n->island[c->branch[k].to];
                if (t->joined[pg_near(k)] && t->joined[pg_far(k)] && *from != *to) {
                    *from = *to = *from > *to ? *from : *to;
                    grew = true;
                }
            }
        }
        n->islands++;
    }
}

static void fill(struct pg *g, const struct pg_input *in, const struct pg_topology *t, struct matrix m)
{
    const struct pg_case *c = g->c;
    memset(m.re, 0, sizeof g->net.z_re);
    memset(m.im, 0, sizeof g->net.z_im);
    memset(g->net.dark, 0, sizeof g->net.dark);
    for (int k = 0; k < c->nbranch; k++) {
        struct mr_complex *y = g->net.y[k];
        int from = c->branch[k].from;
        int to = c->branch[k].to;
        branch_ports(g, in, t, k, y);
        add(m, from, from, y[0]);
        add(m, from, to, y[1]);
        add(m, to, from, y[2]);
        add(m, to, to, y[3]);
    }
    for (int i = 0; i < c->nmachine; i++) {
        if (t->machine[i]) {
            const struct pg_machine *machine = &c->machine[i];
            add(m, machine->bus, machine->bus, mr_cinv((struct mr_complex){machine->ra, machine->xd_t}));
        }
    }
    for (int i = 0; i < c->nload; i++) {
        double share = t->load[i] / LOAD_UNIT / (g->v0[i] * g->v0[i]);
        add(m, c->load[i].bus, c->load[i].bus, (struct mr_complex){share * c->load[i].s.re, -share * c->load[i].s.im});
    }
    for (int i = 0; i < c->ncap; i++) {
        add(m, c->cap[i].bus, c->cap[i].bus, (struct mr_complex){0, t->cap[i] ? c->cap[i].q : 0});
    }
    for (int i = 0; i < m.n; i++) {
        if (g->net.island[i] >= 0 && !bus_dead_short(g, t, i)) {
            continue;
        }
        g->net.dark[i] = true;
        for (int j = 0; j < m.n; j++) { /* no voltage here: the row and column of the unit matrix */
            m.re[i][j] = m.im[i][j] = m.re[j][i] = m.im[j][i] = 0;
        }
        m.re[i][i] = 1;
    }
}

/* Row k becomes a pivot's, and is taken off row i. */
static void sweep(struct matrix m, int k, struct mr_complex inverse)
{
    for (int j = 0; j < m.n; j++) {
        struct mr_complex x = mr_cmul((struct mr_complex){m.re[k][j], m.im[k][j]}, inverse);
        m.re[k][j] = x.re;
        m.im[k][j] = x.im;
    }
    for (int i = 0; i < m.n; i++) {
        double re = m.re[i][k];
        double im = m.im[i][k];
        if (i == k || (re == 0 && im == 0)) {
            continue;
        }
        m.re[i][k] = m.im[i][k] = 0;
        for (int j = 0; j < m.n; j++) {
            m.re[i][j] -= re * m.re[k][j] - im * m.im[k][j];
            m.im[i][j] -= re * m.im[k][j] + im * m.re[k][j];
        }
    }
}

static void invert(struct matrix m)
{
    bool used[PG_BUSES] = {false};
    for (int round = 0; round < m.n; round++) {
        int k = 0;
        while (used[k]) { /* the first that is left, where none is larger: NaN among them does no harm */
            k++;
        }
        double largest = m.re[k][k] * m.re[k][k] + m.im[k][k] * m.im[k][k];
        for (int i = k + 1; i < m.n; i++) {
            double square = m.re[i][i] * m.re[i][i] + m.im[i][i] * m.im[i][i];
            if (!used[i] && square > largest) {
                largest = square;
                k = i;
            }
        }
        used[k] = true;
        struct mr_complex inverse = mr_cinv((struct mr_complex){m.re[k][k], m.im[k][k]});
        m.re[k][k] = 1;
        m.im[k][k] = 0;
        sweep(m, k, inverse);
    }
}

/* What is left of a load's published power: demand, less what is shed. */
static double wanted(const struct pg *g, const struct pg_input *in, int load)
{
    double share = g->sw[PG_SW_LOAD + load].closed;
    for (int i = 0; i < PG_STAGES; i++) {
        share -= pg_bit(g->stages[load], i) ? in->param[PGP_UFLS_SHARE] : 0;
    }
    return g->demand * mr_max(0, share);
}

static void take_topology(const struct pg *g, const struct pg_input *in, struct pg_topology *t)
{
    const struct pg_case *c = g->c;
    *t = (struct pg_topology){0};
    for (int e = 0; e < 2 * c->nbranch; e++) {
        t->joined[e] = g->sw[PG_SW_BRANCH + e].closed;
    }
    for (int i = 0; i < c->nbay; i++) {
        int e = 2 * c->bay[i].branch + c->bay[i].end;
        int bus = c->bay[i].end ? c->branch[c->bay[i].branch].to : c->branch[c->bay[i].branch].from;
        t->joined[e] &= g->sw[PG_SW_DISCONNECTOR + i].closed;
        t->earthed[e] = g->sw[PG_SW_EARTH + i].closed;
        t->bus_fault[bus] |= g->arc[i];
    }
    for (int k = 0; k < c->nbranch; k++) {
        t->branch_fault[k] = in->branch_fault[k];
        t->tap[k] = g->tap[k];
    }
    for (int i = 0; i < c->nmachine; i++) {
        t->machine[i] = g->sw[PG_SW_MACHINE + i].closed;
    }
    for (int i = 0; i < c->nload; i++) {
        t->load[i] = (uint8_t)mr_rint(LOAD_UNIT * wanted(g, in, i));
    }
    for (int i = 0; i < c->ncap; i++) {
        t->cap[i] = g->sw[PG_SW_CAP + i].closed;
    }
    for (int i = 0; i < c->nbus; i++) {
        t->bus_fault[i] |= in->bus_fault[i];
    }
}

static void take_machines(struct pg *g)
{
    for (int j = 0; j < g->c->nmachine; j++) {
        const struct pg_machine *machine = &g->c->machine[j];
        struct mr_complex y = mr_cinv((struct mr_complex){machine->ra, machine->xd_t});
        g->net.own[j] = g->key.machine[j] ? y : (struct mr_complex){0, 0};
        for (int i = 0; i < g->c->nmachine; i++) {
            g->net.m_re[j][i] = g->net.z_re[g->c->machine[j].bus][g->c->machine[i].bus];
            g->net.m_im[j][i] = g->net.z_im[g->c->machine[j].bus][g->c->machine[i].bus];
        }
    }
}

static void branch_currents(struct pg *g)
{
    for (int k = 0; k < g->c->nbranch; k++) {
        const struct mr_complex *y = g->net.y[k];
        struct mr_complex from = pg_voltage(g, g->c->branch[k].from);
        struct mr_complex to = pg_voltage(g, g->c->branch[k].to);
        g->net.current[pg_near(k)] = mr_cadd(mr_cmul(y[0], from), mr_cmul(y[1], to));
        g->net.current[pg_far(k)] = mr_cadd(mr_cmul(y[2], from), mr_cmul(y[3], to));
    }
}

static void build(struct pg *g, const struct pg_input *in)
{
    struct pg_net *n = &g->net;
    struct matrix m = {n->z_re, n->z_im, g->c->nbus};
    n->of = g->key;
    n->valid = true;
    find_islands(g, &g->key);
    fill(g, in, &g->key, m);
    invert(m);
    for (int i = 0; i < m.n; i++) {
        n->z_re[i][i] = n->dark[i] ? 0 : n->z_re[i][i];
    }
    take_machines(g);
    pg_island_speeds(g);
}

void pg_network_restore(struct pg *g, const struct pg_input *in)
{
    if (!g->net.valid || memcmp(&g->net.of, &g->key, sizeof g->key) != 0) {
        build(g, in);
        branch_currents(g);
    }
}

void pg_network_update(struct pg *g, const struct pg_input *in)
{
    struct pg_topology now;
    take_topology(g, in, &now);
    if (memcmp(&now, &g->key, sizeof now) == 0) {
        return;
    }
    g->key = now;
    build(g, in);
    for (int i = 0; i < ITERATIONS; i++) {
        pg_network_loads(g, in);
        pg_machines_inject(g);
        pg_network_solve(g);
    }
}

/* Shares of constant impedance, current and power as one admittance, 1 at published voltage. */
static double by_voltage(double z, double i, double square)
{
    square = mr_max(square, LOW_VOLTS * LOW_VOLTS);
    return z + i / mr_sqrt(square) + (1 - z - i) / square;
}

/* A load as an admittance, by the power at published voltage. */
static struct mr_complex load_admittance(const struct pg *g, const struct pg_input *in, int i)
{
    const double *p = in->param;
    int bus = g->c->load[i].bus;
    double square = pg_square(pg_voltage(g, bus)) / (g->v0[i] * g->v0[i]);
    double dw = pg_dw(g, bus);
    double now = wanted(g, in, i) * (1 + g->noise[i]) / (g->v0[i] * g->v0[i]);
    double active = now * by_voltage(p[PGP_LOAD_PZ], p[PGP_LOAD_PI], square) * mr_max(0, 1 + p[PGP_LOAD_KPF] * dw);
    double reactive = now * by_voltage(p[PGP_LOAD_QZ], p[PGP_LOAD_QI], square) * mr_max(0, 1 + p[PGP_LOAD_KQF] * dw);
    return (struct mr_complex){active * g->c->load[i].s.re, -reactive * g->c->load[i].s.im};
}

struct mr_complex pg_load_power(const struct pg *g, const struct pg_input *in, int load)
{
    double square = pg_square(pg_voltage(g, g->c->load[load].bus));
    struct mr_complex y = load_admittance(g, in, load);
    return (struct mr_complex){y.re * square, -y.im * square};
}

void pg_network_loads(struct pg *g, const struct pg_input *in)
{
    for (int i = 0; i < g->c->nload; i++) {
        double share = g->key.load[i] / LOAD_UNIT / (g->v0[i] * g->v0[i]);
        struct mr_complex y = load_admittance(g, in, i);
        struct mr_complex less = {share * g->c->load[i].s.re - y.re, -share * g->c->load[i].s.im - y.im};
        struct mr_complex current = mr_cmul(less, pg_voltage(g, g->c->load[i].bus));
        g->net.load_re[i] = current.re;
        g->net.load_im[i] = current.im;
    }
}

void pg_network_turn(struct pg *g, double dt_s)
{
    for (int i = 0; i < g->c->nload; i++) {
        int island = g->net.island[g->c->load[i].bus];
        double angle = island < 0 ? 0 : pg_turn(g, island, dt_s);
        struct mr_complex turn = {mr_cos(angle), mr_sin(angle)};
        struct mr_complex current = mr_cmul((struct mr_complex){g->net.load_re[i], g->net.load_im[i]}, turn);
        g->net.load_re[i] = current.re;
        g->net.load_im[i] = current.im;
    }
}

void pg_network_solve(struct pg *g)
{
    struct pg_net *n = &g->net;
    for (int i = 0; i < g->c->nload; i++) {
        n->i_re[g->c->load[i].bus] += n->load_re[i];
        n->i_im[g->c->load[i].bus] += n->load_im[i];
    }
    memset(g->v_re, 0, sizeof g->v_re);
    memset(g->v_im, 0, sizeof g->v_im);
    for (int j = 0; j < g->c->nbus; j++) {
        double re = n->i_re[j];
        double im = n->i_im[j];
        if (re == 0 && im == 0) {
            continue;
        }
        for (int i = 0; i < PG_BUSES; i++) { /* whole columns, for the compiler's vectors */
            g->v_re[i] += re * n->z_re[j][i] - im * n->z_im[j][i];
            g->v_im[i] += re * n->z_im[j][i] + im * n->z_re[j][i];
        }
    }
    branch_currents(g);
}
