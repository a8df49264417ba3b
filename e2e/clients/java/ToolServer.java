// Runs Kafka's command line tools, one after the other, in one JVM, because starting a JVM for each takes most of a test's
// time.
//
// A request is one line: the tool's main class, the file to give it as standard input ("-" for none) and its arguments, all
// separated by tabs. The answer is one line: the exit status and, in base64, standard output and standard error.
// What a tool would do when its JVM ends (exit, shutdown hooks) is done when its main method has returned.

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

public class ToolServer {
    private static final class Exited extends Error {
        private static final long serialVersionUID = 1;

        Exited() {
            super("exit", null, false, false);
        }
    }

    private static final int RUNNING = -1;
    private static final List<Runnable> hooks = new ArrayList<>();
    private static int status;

    public static void main(String[] arguments) throws IOException {
        Exit.setExitProcedure((code, message) -> exit(code));
        Exit.setHaltProcedure((code, message) -> exit(code));
        Exit.setShutdownHookAdder((name, hook) -> hooks.add(hook));
        PrintStream answers = System.out;
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            ByteArrayOutputStream output = new ByteArrayOutputStream();
            ByteArrayOutputStream errors = new ByteArrayOutputStream();
            System.setOut(new PrintStream(output, true));
            System.setErr(new PrintStream(errors, true));
            run(line.split("\t", -1));
            answers.println(status + "\t" + base64(output) + "\t" + base64(errors));
            answers.flush();
        }
    }

    private static void run(String[] words) throws IOException {
        status = RUNNING;
        hooks.clear();
        String[] toolArguments = Arrays.copyOfRange(words, 2, words.length);
        try (InputStream input =
                 words[1].equals("-") ? new ByteArrayInputStream(new byte[0]) : new FileInputStream(words[1])) {
            System.setIn(input);
            Class.forName(words[0]).getMethod("main", String[].class).invoke(null, (Object) toolArguments);
        } catch (InvocationTargetException failure) {
            if (status == RUNNING) {
                failure.getCause().printStackTrace();
                status = 1;
            }
        } catch (ReflectiveOperationException failure) {
            failure.printStackTrace();
            status = 127;
        }
        hooks.forEach(Runnable::run);
        status = Math.max(status, 0);
    }

    // Some tools catch what ends them and go on to complain: the first status counts, and later complaints are dropped.
    private static void exit(int code) {
        if (status == RUNNING) {
            status = code;
            System.setErr(new PrintStream(new ByteArrayOutputStream()));
        }
        throw new Exited();
    }

    private static String base64(ByteArrayOutputStream bytes) {
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}
