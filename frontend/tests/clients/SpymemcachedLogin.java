import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;
import net.spy.memcached.BinaryConnectionFactory;
import net.spy.memcached.ConnectionFactoryBuilder;
import net.spy.memcached.MemcachedClient;
import net.spy.memcached.auth.AuthDescriptor;
import net.spy.memcached.auth.PlainCallbackHandler;

/**
 * A spymemcached client that logs in with SASL, stores a value and reads it back, and is then refused with another password.
 *
 * <pre>java SpymemcachedLogin HOST PORT USER PASSWORD MECHANISM</pre>
 *
 * Exit status 0 if all of that happened; otherwise a line on stderr says what did not.
 */
public final class SpymemcachedLogin {
    /** Seconds for an answer. The library logs in again and again when it is refused, and tells the caller nothing. */
    private static final int PATIENCE = 5;

    private final InetSocketAddress server;
    private final String user;
    private final String mechanism;

    private SpymemcachedLogin(InetSocketAddress server, String user, String mechanism) {
        this.server = server;
        this.user = user;
        this.mechanism = mechanism;
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length != 5) {
            System.err.println("usage: SpymemcachedLogin HOST PORT USER PASSWORD MECHANISM");
            System.exit(2);
        }
        InetSocketAddress server = new InetSocketAddress(arguments[0], Integer.parseInt(arguments[1]));
        SpymemcachedLogin it = new SpymemcachedLogin(server, arguments[2], arguments[4]);
        it.storeAndFetch(arguments[3]);
        it.isRefused("certainly not the password");
        System.exit(0);
    }

    private MemcachedClient connect(String password) throws IOException {
        AuthDescriptor login =
                new AuthDescriptor(new String[] {mechanism}, new PlainCallbackHandler(user, password));
        ConnectionFactoryBuilder builder = new ConnectionFactoryBuilder(new BinaryConnectionFactory());
        builder.setProtocol(ConnectionFactoryBuilder.Protocol.BINARY).setAuthDescriptor(login).setOpTimeout(10_000);
        return new MemcachedClient(builder.build(), List.of(server));
    }

    private void storeAndFetch(String password) throws Exception {
        MemcachedClient client = connect(password);
        try {
            String value = "a value with blanks and an umlaut \u00fc";
            must(client.set("greeting", 0, value).get(4 * PATIENCE, TimeUnit.SECONDS), "set");
            must(value.equals(client.get("greeting")), "get brought something else");
            must(client.incr("visits", 1, 41) == 41 && client.incr("visits", 1) == 42, "incr");
            System.out.println("got greeting back");
        } finally {
            client.shutdown();
        }
    }

    private void isRefused(String password) throws Exception {
        MemcachedClient client = connect(password);
        try {
            Object fetched = client.asyncGet("greeting").get(PATIENCE, TimeUnit.SECONDS);
            must(false, "a wrong password was let in, and got " + fetched);
        } catch (java.util.concurrent.ExecutionException | java.util.concurrent.CancellationException refused) {
            System.out.println("a wrong password is refused: " + refused.getMessage());
        } catch (java.util.concurrent.TimeoutException refused) {
            System.out.println("a wrong password is refused: nothing was answered");
        } finally {
            client.shutdown();
        }
    }

    private static void must(boolean held, String what) {
        if (!held) {
            System.err.println("SpymemcachedLogin: " + what);
            System.exit(1);
        }
    }
}
