/* power_network.c - the network of the living grid: the matrix of impedances, and voltages and currents from it.
 *
 * Branches are pi circuits as in network.c. An end that is open is eliminated, one that is earthed has no voltage, a fault on a
 * line lies at its middle. Loads stand in the matrix as constant impedances; what they draw beyond is injected as a current
 * (Kundur, Power System Stability and Control, section 13.3). The matrix is inverted whenever a switch has moved, by Gauss and
 * Jordan's method with the largest diagonal element left as pivot: 40 nodes need the whole inverse, which is dense, and it is the
 * same bits everywhere. */
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

static void fill_branches(struct pg *g, const struct pg_input *in, const struct pg_topology *t, struct matrix m)
{
    struct pg_net *n = &g->net;
    for (int k = 0; k < g->c->nbranch; k++) {
        struct mr_complex y[4];
        uint8_t bus[2] = {g->c->branch[k].from, g->c->branch[k].to};
        branch_ports(g, in, t, k, y);
        for (int e = 0; e < 2; e++) {
            int end = 2 * k + e;
            struct mr_complex own = e == 0 ? y[0] : y[3];
            struct mr_complex through = y[1 + e];
            n->end_bus[end] = bus[e];
            n->own_re[end] = own.re;
            n->own_im[end] = own.im;
            n->through_re[end] = through.re;
            n->through_im[end] = through.im;
            add(m, bus[e], bus[e], own);
            add(m, bus[e], bus[1 - e], through);
        }
    }
}

static void fill(struct pg *g, const struct pg_input *in, const struct pg_topology *t, struct matrix m)
{
    const struct pg_case *c = g->c;
    memset(m.re, 0, sizeof g->net.z_re);
    memset(m.im, 0, sizeof g->net.z_im);
    memset(g->net.dark, 0, sizeof g->net.dark);
    fill_branches(g, in, t, m);
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
    for (int i = 0; g->stages[load] && i < PG_STAGES; i++) {
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

static void take_nodes(struct pg *g)
{
    const struct pg_case *c = g->c;
    struct pg_net *n = &g->net;
    for (int j = 0; j < c->nmachine; j++) {
        const struct pg_machine *machine = &c->machine[j];
        struct mr_complex y = mr_cinv((struct mr_complex){machine->ra, machine->xd_t});
        n->m_own_re[j] = g->key.machine[j] ? y.re : 0;
        n->m_own_im[j] = g->key.machine[j] ? y.im : 0;
        for (int i = 0; i < c->nmachine; i++) {
            n->m_re[j][i] = n->z_re[machine->bus][c->machine[i].bus];
            n->m_im[j][i] = n->z_im[machine->bus][c->machine[i].bus];
        }
        for (int i = 0; i < c->nload; i++) {
            n->l_re[i][j] = n->z_re[machine->bus][c->load[i].bus];
            n->l_im[i][j] = n->z_im[machine->bus][c->load[i].bus];
        }
    }
    for (int i = 0; i < c->nload; i++) {
        n->per_square[i] = 1 / (g->v0[i] * g->v0[i]);
    }
}

/* What follows from the voltages at both ends of each branch. Ends that are not there have no admittance. */
static void branch_currents(struct pg *g)
{
    struct pg_net *n = &g->net;
    double here_re[PG_ENDS];
    double here_im[PG_ENDS];
    double there_re[PG_ENDS];
    double there_im[PG_ENDS];
    for (int e = 0; e < PG_ENDS; e++) {
        here_re[e] = there_re[e ^ 1] = g->v_re[n->end_bus[e]];
        here_im[e] = there_im[e ^ 1] = g->v_im[n->end_bus[e]];
    }
    for (int e = 0; e < PG_ENDS; e++) {
        double own_re = n->own_re[e] * here_re[e] - n->own_im[e] * here_im[e];
        double own_im = n->own_re[e] * here_im[e] + n->own_im[e] * here_re[e];
        double re = own_re + (n->through_re[e] * there_re[e] - n->through_im[e] * there_im[e]);
        double im = own_im + (n->through_re[e] * there_im[e] + n->through_im[e] * there_re[e]);
        n->current_re[e] = re;
        n->current_im[e] = im;
        n->square[e] = re * re + im * im;
        n->p[e] = here_re[e] * re + here_im[e] * im;
        n->q[e] = here_im[e] * re - here_re[e] * im;
    }
    for (int i = 0; i < PG_BUSES; i++) {
        n->v_square[i] = g->v_re[i] * g->v_re[i] + g->v_im[i] * g->v_im[i];
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
    take_nodes(g);
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
    pg_machines_turn(g);
    for (int i = 0; i < ITERATIONS; i++) {
        pg_network_loads(g, in);
        pg_machines_inject(g);
        pg_network_solve(g);
    }
}

struct admittances {
    double re[PG_LOADS], im[PG_LOADS];
};

/* Loads as admittances: what is wanted at published voltage, by frequency, and by voltage: shares of constant impedance, current
 * and power. Below LOW_VOLTS they are all impedance. */
static void load_admittances(const struct pg *g, const struct pg_input *in, struct admittances *y)
{
    const double *p = in->param;
    double rest_p = 1 - p[PGP_LOAD_PZ] - p[PGP_LOAD_PI];
    double rest_q = 1 - p[PGP_LOAD_QZ] - p[PGP_LOAD_QI];
    for (int i = 0; i < g->c->nload; i++) {
        const struct pg_load *load = &g->c->load[i];
        double per_square = g->net.per_square[i];
        double square = (g->v_re[load->bus] * g->v_re[load->bus] + g->v_im[load->bus] * g->v_im[load->bus]) * per_square;
        double inverse = 1 / mr_max(square, LOW_VOLTS * LOW_VOLTS);
        double root = mr_sqrt(inverse);
        double dw = pg_dw(g, load->bus);
        double now = wanted(g, in, i) * (1 + g->noise[i]) * per_square;
        double by_p = p[PGP_LOAD_PZ] + p[PGP_LOAD_PI] * root + rest_p * inverse;
        double by_q = p[PGP_LOAD_QZ] + p[PGP_LOAD_QI] * root + rest_q * inverse;
        y->re[i] = now * by_p * mr_max(0, 1 + p[PGP_LOAD_KPF] * dw) * load->s.re;
        y->im[i] = -now * by_q * mr_max(0, 1 + p[PGP_LOAD_KQF] * dw) * load->s.im;
    }
}

void pg_network_serve(struct pg *g, const struct pg_input *in)
{
    struct admittances y;
    load_admittances(g, in, &y);
    for (int i = 0; i < g->c->nload; i++) {
        g->net.load_p[i] = y.re[i] * g->net.v_square[g->c->load[i].bus];
        g->net.load_q[i] = -y.im[i] * g->net.v_square[g->c->load[i].bus];
    }
}

void pg_network_loads(struct pg *g, const struct pg_input *in)
{
    struct admittances y;
    load_admittances(g, in, &y);
    for (int i = 0; i < g->c->nload; i++) {
        const struct pg_load *load = &g->c->load[i];
        double share = g->key.load[i] / LOAD_UNIT * g->net.per_square[i];
        double re = share * load->s.re - y.re[i];
        double im = -share * load->s.im - y.im[i];
        g->net.load_re[i] = re * g->v_re[load->bus] - im * g->v_im[load->bus];
        g->net.load_im[i] = re * g->v_im[load->bus] + im * g->v_re[load->bus];
    }
}

void pg_network_turn(struct pg *g, double dt_s)
{
    double sine[PG_MACHINES];
    double cosine[PG_MACHINES];
    for (int i = 0; i < g->net.islands; i++) {
        sine[i] = mr_sin(pg_turn(g, i, dt_s));
        cosine[i] = mr_cos(pg_turn(g, i, dt_s));
    }
    for (int i = 0; i < g->c->nload; i++) {
        int island = g->net.island[g->c->load[i].bus];
        double re = g->net.load_re[i];
        double im = g->net.load_im[i];
        if (island >= 0) {
            g->net.load_re[i] = re * cosine[island] - im * sine[island];
            g->net.load_im[i] = re * sine[island] + im * cosine[island];
        }
    }
}

/* Voltages at eight buses from the currents at those of `from`. */
static void eight_voltages(struct pg *g, int bus, const uint8_t *from, int n)
{
    pg_two v_re[4] = {{0}};
    pg_two v_im[4] = {{0}};
    for (int c = 0; c < n; c++) {
        double re = g->net.i_re[from[c]];
        double im = g->net.i_im[from[c]];
        for (int i = 0; i < 4; i++) {
            pg_two z_re = pg_get(&g->net.z_re[from[c]][bus + 2 * i]);
            pg_two z_im = pg_get(&g->net.z_im[from[c]][bus + 2 * i]);
            v_re[i] += z_re * re - z_im * im;
            v_im[i] += z_re * im + z_im * re;
        }
    }
    for (int i = 0; i < 4; i++) {
        pg_put(&g->v_re[bus + 2 * i], v_re[i]);
        pg_put(&g->v_im[bus + 2 * i], v_im[i]);
    }
}

void pg_network_solve(struct pg *g)
{
    struct pg_net *n = &g->net;
    for (int i = 0; i < g->c->nload; i++) {
        n->i_re[g->c->load[i].bus] += n->load_re[i];
        n->i_im[g->c->load[i].bus] += n->load_im[i];
    }
    uint8_t from[PG_BUSES]; /* where something is injected */
    int count = 0;
    for (int j = 0; j < g->c->nbus; j++) {
        from[count] = (uint8_t)j;
        count += (n->i_re[j] != 0) | (n->i_im[j] != 0);
    }
    for (int i = 0; i < PG_BUSES; i += 8) {
        eight_voltages(g, i, from, count);
    }
    branch_currents(g);
}
